"""A ComfyUI that checks graphs and draws plain colours, and an engine at it."""

from __future__ import annotations

import pytest

from tests.component.worker.comfyui.bench import Bench
from tests.fakes.comfyui import FakeComfyUi


@pytest.fixture
async def comfy():
    comfy = await FakeComfyUi().start()
    yield comfy
    await comfy.close()


@pytest.fixture
def bench(comfy):
    return Bench(comfy)
