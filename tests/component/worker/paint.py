"""A quick, deterministic engine: it paints a gradient whose colours are the seed's."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from PIL import Image

from worker.engines.protocol import EngineInfo, Feature, Generated, Task

INFO = EngineInfo(
    name="paint",
    models=("paint",),
    max_pixels=512 * 512,
    max_batch=4,
    features=frozenset({Feature.IMG2IMG, Feature.NSFW}),
    private_only=True,
)
ASSETS = INFO.features | {Feature.LORA, Feature.TEXTUAL_INVERSION}
"""What it can where it is given LoRAs and textual inversions."""


class PaintEngine:
    """An engine for tests. `hold` it to be slow, give it `troubles` to fail."""

    def __init__(self, **info: object) -> None:
        self._info = replace(INFO, **info)
        self.loaded = False
        self.tasks: list[Task] = []
        self.cancelled = threading.Event()
        """Set when it was told to stop, and did."""
        self.troubles: deque[Exception | None] = deque()
        """What the next tasks raise; None: nothing."""
        self.blank = False
        self.first_step = 0.1
        """What it says before anything is painted, 0..1."""
        self.deaf = False
        """Never asks whether it is cancelled."""
        self.gate = threading.Event()
        self.gate.set()

    @classmethod
    def build(cls, _config: object) -> PaintEngine:
        return cls()

    def hold(self) -> None:
        """Make each task wait until `release`."""
        self.gate.clear()

    def release(self) -> None:
        self.gate.set()

    def info(self) -> EngineInfo:
        return self._info

    def load(self) -> None:
        self.loaded = True

    def generate(
        self, task: Task, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Generated]:
        self.tasks.append(task)
        if self.troubles and (trouble := self.troubles.popleft()) is not None:
            raise trouble
        progress(self.first_step)
        made = []
        for number, seed in enumerate(task.seeds):
            while not self.gate.wait(0.005):
                if cancelled() and not self.deaf:
                    self.cancelled.set()
                    return made
            made.append(Generated(paint(task, seed, blank=self.blank), seed))
            progress((number + 1) / len(task.seeds))
        return made


def paint(task: Task, seed: int, *, blank: bool = False) -> Image.Image:
    size = (task.width, task.height)
    if blank:
        return Image.new("RGB", size)
    if task.source_image is not None:
        return task.source_image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    ramp = Image.linear_gradient("L").resize(size)
    flat = Image.new("L", size, seed % 256)
    return Image.merge("RGB", (ramp, flat, ramp.rotate(180)))


class StubbornEngine(PaintEngine):
    """Starts a task and never ends it, whatever it is told."""

    def __init__(self) -> None:
        super().__init__()
        self.deaf = True
        self.hold()
