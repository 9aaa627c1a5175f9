"""An engine for a child process: it does what the prompt says. Never imported by the tests."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from typing import Any, Self

from common.errors import WorkerError
from tests.component.worker.paint import INFO, paint
from worker.engines.protocol import EngineInfo, Generated, Task


class PuppetEngine:
    def __init__(self, device: str) -> None:
        self._device = device

    @classmethod
    def build(cls, config: Any) -> Self:
        assert {each.key.get_secret_value() for each in config.endpoints} == {""}
        return cls(config.device)

    def info(self) -> EngineInfo:
        return INFO

    def load(self) -> None:
        if self._device == "cuda:7":
            raise WorkerError("worker.no_device", device="cuda:7", problem=ValueError("none"))
        if self._device == "broken":
            raise KeyError("weights")
        if self._device == "stuck":
            time.sleep(60)

    def generate(
        self, task: Task, progress: Callable[[float], None], cancelled: Callable[[], bool]
    ) -> list[Generated]:
        progress(0.5)
        match task.prompt:
            case "die":
                os.kill(os.getpid(), signal.SIGTERM)
            case "hang" | "deaf":
                while task.prompt == "deaf" or not cancelled():
                    time.sleep(0.005)
                return []
            case "say":
                raise WorkerError("worker.out_of_memory", model=task.model)
            case "raise":
                raise ZeroDivisionError("at /home/ada")
            case "pid":
                return [Generated(paint(task, seed), os.getpid()) for seed in task.seeds]
        return [Generated(paint(task, seed), seed) for seed in task.seeds]
