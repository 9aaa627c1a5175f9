"""An engine for the worker's child process that takes as long as its prompt says, and notes when."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

from PIL import Image

from common.config import WorkerConfig
from worker.engines.protocol import EngineInfo, Feature, Generated, Task

NAME = "player"
STEPS = 20
NOTES = "busy.txt"
"""In the folder of the models: a line for each task, when it began and ended, in seconds."""


class PlayerEngine:
    """Does no work, but takes its time."""

    def __init__(self, notes: Path) -> None:
        self._notes = notes

    @classmethod
    def build(cls, config: WorkerConfig) -> Self:
        return cls(config.models.folder / NOTES)

    def info(self) -> EngineInfo:
        features = frozenset({Feature.IMG2IMG, Feature.LORA, Feature.NSFW})
        return EngineInfo(NAME, (NAME,), 512 * 512, features=features, private_only=True)

    def load(self) -> None:
        self._picture = Image.radial_gradient("L").resize((512, 512)).convert("RGB")

    def generate(
        self, task: Task, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Generated]:
        begun = time.monotonic()
        seconds = float(task.prompt.rpartition(" ")[2])
        for step in range(1, STEPS + 1):
            time.sleep(max(begun + seconds * step / STEPS - time.monotonic(), 0))
            progress(step / STEPS)
        with self._notes.open("a") as file:
            file.write(f"{begun} {time.monotonic()}\n")
        return [Generated(self._picture, seed) for seed in task.seeds]


def busy_share(folder: Path) -> float:
    """Return the part of the time from the first task to the end of the last that was work."""
    lines = (folder / NOTES).read_text().splitlines()
    spans = [tuple(map(float, line.split())) for line in lines]
    whole = max(end for _, end in spans) - min(begin for begin, _ in spans)
    return sum(end - begin for begin, end in spans) / whole
