"""What Hordes answer, read with patience: null, unknown fields, faults."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from common.horde.wire import Check, ModelStatus, Status, Submitted


def test_null_means_not_said():
    assert ModelStatus.model_validate({"name": "a", "count": None, "eta": None}) == ModelStatus(
        name="a"
    )


def test_what_must_be_there_cannot_be_null():
    with pytest.raises(ValidationError):
        Submitted.model_validate({"id": None})


def test_unknown_fields_are_ignored():
    assert Check.model_validate({"done": True, "new": 1}).done


def test_a_faulted_request_is_also_done():
    status = Status.model_validate({"done": True, "faulted": True, "generations": []})

    assert status.faulted
    assert status.done
