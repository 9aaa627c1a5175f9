"""A puppet for an engine, in a process of its own, and how it is led."""

from __future__ import annotations

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


def child(device="auto", patience=BRISK):
    return ChildEngine(PUPPET, WorkerConfig(device=device, key="secret"), patience)


def never():
    return False


def make(engine, prompt, cancelled=never, parts=None):
    parts = [] if parts is None else parts
    return engine.generate(replace(TASK, prompt=prompt), parts.append, cancelled)
