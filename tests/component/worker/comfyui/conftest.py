"""A ComfyUI that checks graphs and draws plain colours, and an engine at it."""

from __future__ import annotations

import pytest

from tests.component.worker.comfyui.bench import Bench
from tests.fakes.comfyui import FakeComfyUi


@pytest.fixture
async def comfy():
    async with FakeComfyUi() as comfy:
        yield comfy


@pytest.fixture
def bench(comfy):
    return Bench(comfy)
