"""An engine that knows one thing: a fall of colour from top to bottom. It is here to be copied."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Self

from PIL import Image

from common.config import WorkerConfig
from worker.engines.protocol import EngineInfo, Generated, Task

STEPS = 8
"""Times in which a picture is made, for what it shows of its progress."""
Colour = tuple[int, int, int]


class GradientEngine:
    """Paints with two colours that the seed chooses."""

    @classmethod
    def build(cls, config: WorkerConfig) -> Self:
        """Return the engine. What stands behind the colon of `gradient:…` is its own affair."""
        del config
        return cls()

    def info(self) -> EngineInfo:
        """Return what is offered: jobs for this model, from words alone, of this size at most."""
        return EngineInfo(
            name="gradient",
            models=("gradient",),
            max_pixels=1024 * 1024,
            max_batch=4,
            private_only=True,
        )

    def load(self) -> None:
        """Read the weights; this one has none."""

    def generate(
        self, task: Task, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Generated]:
        """Make one picture per seed; those finished so far when it is told to stop."""
        finished: list[Generated] = []
        for seed in task.seeds:
            top, bottom = _colours(seed)
            image = Image.new("RGB", (1, task.height))
            for step in range(STEPS):
                if cancelled():
                    return finished
                for y in range(step * task.height // STEPS, (step + 1) * task.height // STEPS):
                    image.putpixel((0, y), _between(top, bottom, y / task.height))
                progress((len(finished) + (step + 1) / STEPS) / len(task.seeds))
            finished.append(Generated(image.resize((task.width, task.height)), seed))
        return finished


def _colours(seed: int) -> tuple[Colour, Colour]:
    source = random.Random(seed)
    red, green, blue = (source.randrange(128) for _ in range(3))
    return (red, green, blue), (255 - red, 255 - green, 255 - blue)


def _between(top: Colour, bottom: Colour, part: float) -> Colour:
    red, green, blue = (
        round(one + (other - one) * part) for one, other in zip(top, bottom, strict=True)
    )
    return red, green, blue
