"""What an engine offers and a hub hands out, made without either."""

from __future__ import annotations

import pytest

from common.horde.work import Popped
from worker.engines.protocol import EngineInfo


@pytest.fixture
def info():
    return EngineInfo(
        name="test", models=("one", "two"), private_only=True, max_pixels=1024 * 1024, max_batch=4
    )


@pytest.fixture
def popped():
    """Return a maker of popped jobs: payload fields by name, others in `job`."""

    def make(job=None, **payload):
        document = {
            "id": "a",
            "ids": ["a"],
            "model": "one",
            "payload": {"prompt": "a fox", "seed": "1", **payload},
            "ttl": 150,
            **(job or {}),
        }
        return Popped.model_validate(document)

    return make
