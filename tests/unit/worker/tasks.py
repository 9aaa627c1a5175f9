"""A task as a hub hands it out."""

from __future__ import annotations

from worker.engines.protocol import Task

TASK = Task(
    model="one",
    prompt="",
    negative="",
    width=512,
    height=512,
    steps=20,
    cfg_scale=7,
    sampler="k_euler_a",
    karras=True,
    seeds=(1,),
)
