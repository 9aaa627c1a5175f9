"""A puppet for an engine, in a process of its own, and how it is led."""

from __future__ import annotations

import time
from dataclasses import replace

from common.config import WorkerConfig
from worker.engines.child import ChildEngine, Patience
from worker.engines.protocol import Task

BRISK = Patience(load=90.0, first=90.0, step=5.0, stop=5.0, poll=0.01, restart=(0.01, 0.02))
PUPPET = "tests.component.worker.puppet:PuppetEngine"
TASK = Task(
    model="paint",
    prompt="a fox",
    negative="",
    width=128,
    height=64,
    steps=8,
    cfg_scale=7.5,
    sampler="k_euler_a",
    karras=True,
    seeds=(41, 42),
)


class Led(ChildEngine):
    """An engine whose time flies while a job hangs and nobody has taken it back: none is waited."""

    def __init__(self, config, patience):
        super().__init__(PUPPET, config, patience, clock=self._now)
        self._flies, self._ahead = False, 0.0

    def generate(self, task, progress, cancelled):
        def heard(part):
            self._flies = task.prompt == "deaf" or (task.prompt == "hang" and not cancelled())
            progress(part)

        try:
            return super().generate(task, heard, cancelled)
        finally:
            self._flies = False

    def _now(self):
        self._ahead += self._flies
        return time.monotonic() + self._ahead


def child(device="auto", patience=BRISK):
    return Led(WorkerConfig(device=device, key="secret"), patience)


def never():
    return False


def make(engine, prompt, cancelled=never, parts=None):
    parts = [] if parts is None else parts
    return engine.generate(replace(TASK, prompt=prompt), parts.append, cancelled)
