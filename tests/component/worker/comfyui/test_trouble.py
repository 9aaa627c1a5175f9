"""What goes wrong in a ComfyUI, tasks that are not wanted any more, and a job of the hub from end to end."""

from __future__ import annotations

import asyncio
import shlex
import sys
from dataclasses import replace
from typing import Any

import pytest

from common.config import WorkerConfig
from common.errors import WorkerError
from tests.component.worker.comfyui.bench import BRISK, Bench
from tests.component.worker.conftest import QUICK
from tests.fakes.hub import KEY
from worker import events
from worker.process import run

LOOK = """
import struct, sys
while head := sys.stdin.buffer.read(4):
    sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    print('{"nsfw": 0}', flush=True)
"""


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        ("oom", "too little memory"),
        ("error", r"failed in KSampler \(ValueError\)"),
        ("refuse", "did not take the job: X: too odd"),
        ("drop", "does not answer as it should"),
        ("end", "does not answer as it should"),
        ("lose", "does not know of the job any more"),
        ("garbage", "no picture that can be read"),
        ("mute", "no picture that can be read"),
    ],
)
async def test_what_goes_wrong_is_said_and_the_next_task_is_made(bench, comfy, fault, sentence):
    await bench.load()
    comfy.plan.append(fault)
    with pytest.raises(WorkerError, match=sentence) as caught:
        await bench.make()
    assert "/home" not in str(caught.value)
    if fault == "end":
        await comfy.stop()
        with pytest.raises(WorkerError, match="does not answer as it should"):
            await bench.make()
        await comfy.start()
    if fault == "oom":
        [freed] = comfy.journal.of("free")
        assert freed.body == {"unload_models": True, "free_memory": True}
    assert (await bench.picture()).size == (128, 64)


@pytest.mark.parametrize("fault", ["hang", "deaf"])
async def test_a_task_that_is_not_wanted_any_more_is_interrupted(comfy, fault):
    bench = Bench(comfy, replace(BRISK, stop=0.2) if fault == "deaf" else BRISK)
    await bench.load()
    comfy.plan.extend([None, fault])
    making = asyncio.create_task(bench.make(seeds=(1, 2, 3), steps=1))
    await comfy.misbehaves.wait()
    assert len(comfy.prompts) == 2
    bench.cancel.set()
    if fault == "deaf":
        with pytest.raises(WorkerError, match="does not stop"):
            await making
    else:
        assert [made.seed for made in await making] == [1]
    assert comfy.journal.count("interrupt") >= 1


async def test_a_task_that_waits_behind_somebody_elses_leaves_it_alone(bench, comfy):
    """Who uses ComfyUI beside the worker does not lose a picture to it."""
    await bench.load()
    comfy.plan.append("hang")
    other = Bench(comfy)
    theirs = asyncio.create_task(other.make())
    await comfy.step.wait()
    ours = asyncio.create_task(bench.make())
    while len(comfy.prompts) < 2:
        await asyncio.sleep(0.005)
    bench.cancel.set()
    assert await ours == []
    assert comfy.journal.count("interrupt") == 0
    other.cancel.set()
    assert await theirs == []


async def test_somebody_who_stops_the_job_in_comfyui_is_named_as_the_reason(bench, comfy):
    await bench.load()
    comfy.plan.append("hang")
    making = asyncio.create_task(bench.make())
    await comfy.step.wait()
    comfy._interrupted.set()
    with pytest.raises(WorkerError, match="Somebody stopped"):
        await making


async def test_a_job_of_the_hub_is_drawn_by_comfyui_and_handed_in(hub, comfy, tmp_path):
    """The whole way, with a program that finds nothing to object to in the pictures."""
    program = tmp_path / "look.py"
    program.write_text(LOOK)
    comfy.plan.extend(["error", None])
    config = WorkerConfig.model_validate(
        {
            "name": "comfy card",
            "url": hub.url,
            "key": KEY,
            "engine": f"comfyui:{comfy.url}",
            "models": "/nowhere",
            "safety": f"command:{shlex.quote(sys.executable)} {shlex.quote(str(program))}",
        }
    )
    stop = asyncio.Event()
    said: list[Any] = []
    [bad] = hub.offer(model="deliberate_v2")
    good = hub.offer(n=2, model="deliberate_v2")
    work = asyncio.create_task(run(config, stop=stop, report=said.append, timing=QUICK))
    await hub.until(lambda: {bad, *good} <= set(hub.submitted))
    stop.set()
    await asyncio.wait_for(work, 30)
    assert hub.submitted[bad]["state"] == "faulted"
    assert "ComfyUI failed in KSampler" in hub.submitted[bad]["gen_metadata"][0]["ref"]
    assert [hub.submitted[each]["state"] for each in good] == ["ok", "ok"]
    assert [hub.submitted[each]["seed"] for each in good] == [41, 42]
    assert set(hub.uploads) == set(good)
    body = hub.journal.of("pop")[0].body
    assert body["models"] == ["albedo", "deliberate_v2"]
    assert (body["allow_lora"], body["allow_painting"], body["allow_controlnet"]) == (True,) * 3
    assert any(isinstance(event, events.Step) for event in said)
