"""An engine at a ComfyUI, run as the worker runs it, and what the last graph was made of."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace
from typing import Any

from PIL import Image, ImageChops, ImageStat

from tests.fakes.comfyui import FakeComfyUi
from worker.engines.comfyui.client import Patience
from worker.engines.comfyui.engine import ComfyUiEngine
from worker.engines.protocol import (
    Generated,
    Task,
)

BRISK = Patience(connect=30.0, answer=30.0, poll=0.01, silence=1.0, stop=30.0)
TASK = Task(
    model="deliberate_v2",
    prompt="a fox",
    negative="blurry",
    width=128,
    height=64,
    steps=4,
    cfg_scale=7.5,
    sampler="k_euler_a",
    karras=True,
    seeds=(41,),
)


class Bench:
    """An engine at a ComfyUI. `make` runs it off the loop, as the worker does."""

    def __init__(self, comfy: FakeComfyUi, patience: Patience = BRISK) -> None:
        self.comfy = comfy
        self.engine = ComfyUiEngine(comfy.url, patience=patience)
        self.parts: list[float] = []
        self.cancel = threading.Event()

    async def load(self) -> None:
        await asyncio.to_thread(self.engine.load)

    async def make(self, **changes: Any) -> list[Generated]:
        if not self.engine.info().models:
            await self.load()
        task = replace(TASK, **changes)
        return await asyncio.to_thread(
            self.engine.generate, task, self.parts.append, self.cancel.is_set
        )

    async def picture(self, **changes: Any) -> Image.Image:
        [made] = await self.make(**changes)
        return made.image

    def kinds(self) -> list[str]:
        """Return the nodes of the last graph."""
        return [node["class_type"] for node in self.comfy.prompts[-1].values()]

    def node(self, kind: str) -> dict[str, Any]:
        """Return what the last graph gives to a node."""
        [inputs] = [
            node["inputs"] for node in self.comfy.prompts[-1].values() if node["class_type"] == kind
        ]
        return inputs


def difference(one: Image.Image, other: Image.Image) -> float:
    """Return how much two pictures differ on average, 0..255."""
    return sum(ImageStat.Stat(ImageChops.difference(one, other)).mean) / 3
