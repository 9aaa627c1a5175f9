"""Whatever goes wrong, each job ends finished or faulted, none twice, and the worker goes on."""

from __future__ import annotations

import asyncio
from collections import Counter
from contextlib import closing
from dataclasses import replace

import pytest
from PIL import Image

from common.config import CivitaiConfig
from tests.component.worker.conftest import QUICK, Shop
from tests.component.worker.paint import ASSETS, PaintEngine
from tests.component.worker.puppetry import child
from tests.fakes import faults
from tests.fakes.civitai import FakeCivitai
from tests.fakes.weights import tensors
from worker import events

LONG = 100_000
"""A time to live that no machine is too slow for."""
FASTER = 300


def fates(hub, jobs):
    """Return what became of each job; the hub heard of each once, and of no other."""
    heard = Counter(call.body["id"] for call in hub.journal.of("submit"))
    assert heard == dict.fromkeys(jobs, 1)
    return [hub.submitted[job]["state"] for job in jobs]


async def all_settled(shop, jobs):
    await shop.hub.until(lambda: set(jobs) <= set(shop.hub.submitted), 100)


@pytest.fixture
async def civitai():
    async with FakeCivitai() as server:
        for entry in list(server.models):
            for version in entry["modelVersions"]:
                if version["files"]:
                    server.add_file(version["id"], tensors(1000 + version["id"]))
        yield server


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [
        ("die", "ended in the middle"),  # killed in the middle of a job
        ("deaf", "did nothing any more"),  # hangs in a call that never returns
        ("say", "too little memory"),  # raised where memory is taken
        ("raise", "ZeroDivisionError"),
    ],
)
async def test_an_engine_in_trouble_costs_one_job(hub, trouble, reason):
    with closing(child()) as engine:
        shop = Shop(hub, engine)
        words = ["a fox", trouble, "a cat", "a cow"]
        jobs = [hub.offer(payload={"prompt": word}, ttl=LONG)[0] for word in words]
        shop.open()
        await all_settled(shop, jobs)
        await shop.stop_and_wait(30)
    assert fates(hub, jobs) == ["ok", "faulted", "ok", "ok"]
    [told] = hub.submitted[jobs[1]]["gen_metadata"]
    assert reason in told["ref"]


async def test_a_download_that_stalls_holds_up_nobody_else(hub, civitai, tmp_path):
    """Jobs behind it are made meanwhile; when the worker is to stop, its own is given back."""
    civitai.fail("file", faults.stall(), 1000)
    shop = Shop(hub, PaintEngine(features=ASSETS), civitai=CivitaiConfig(url=civitai.url))
    [stalled] = hub.offer(payload={"loras": [{"name": "11"}]}, ttl=LONG)
    others = [hub.offer(ttl=LONG)[0] for _ in range(4)]
    shop.open(models=tmp_path)
    await all_settled(shop, others)
    assert stalled not in hub.submitted
    await shop.close(30)
    assert fates(hub, [stalled, *others]) == ["faulted", "ok", "ok", "ok", "ok"]


async def test_a_full_disk_leaves_a_lora_out_and_no_job(hub, civitai, tmp_path):
    folder = tmp_path / "civitai"
    folder.mkdir()
    (folder / "1102.safetensors.part").symlink_to("/dev/full")
    shop = Shop(hub, PaintEngine(features=ASSETS), civitai=CivitaiConfig(url=civitai.url))
    jobs = [
        hub.offer(payload={"loras": [{"name": name}]}, ttl=LONG)[0] for name in ("11", "13", "11")
    ]
    shop.open(models=tmp_path)
    await all_settled(shop, jobs)
    await shop.close()
    assert fates(hub, jobs) == ["ok"] * 3
    by_job = [hub.submitted[job]["gen_metadata"] for job in jobs]
    lost = {"type": "lora", "value": "download_failed", "ref": "11"}
    assert by_job == [[lost], [], [lost]]
    assert [event for event in shop.said(events.Notice) if "written to the disk" in event.text]


async def test_a_hub_that_is_gone_for_ten_minutes_gets_each_job_once(hub):
    """Pictures finished meanwhile are kept; the waits are waited three hundred times as fast."""
    now = [0.0]

    def clock():
        return now[0]

    async def tick():  # by the loop, so that a machine that stands still costs no time
        while True:
            await asyncio.sleep(0.01)
            now[0] += 0.01 * FASTER

    async def rest(event, seconds):
        await QUICK.rest(event, None if seconds is None else seconds / FASTER)

    shop = Shop(hub, PaintEngine())
    shop.engine.hold()
    before = [hub.offer(ttl=LONG)[0] for _ in range(2)]
    ticking = asyncio.create_task(tick())
    shop.open(timing=replace(QUICK, retry=(5.0, 300.0), clock=clock, rest=rest, deliver=30.0))
    await shop.until(lambda: shop.said(events.Step) and len(shop.said(events.Popped)) == 2)
    await hub.stop()  # there is no job that could be lost on its way to the worker
    gone = clock()
    shop.engine.release()
    await shop.until(lambda: shop.said(events.Waiting))
    while clock() < gone + 600:
        await asyncio.sleep(0.05)
    assert hub.submitted == {}
    assert "does not answer" in shop.said(events.Waiting)[0].reason
    await hub.start()
    after = [hub.offer(ttl=LONG)[0] for _ in range(3)]
    await shop.delivered(*before, *after)
    await shop.close()
    ticking.cancel()
    assert fates(hub, [*before, *after]) == ["ok"] * 5
    assert shop.said(events.Resumed)


class LargeEngine(PaintEngine):
    """Enlarges pictures beyond what WebP can hold."""

    def generate(self, task, progress, cancelled):
        made = super().generate(task, progress, cancelled)
        if not task.post_processing:
            return made
        large = (task.width * 17, task.height * 17)
        return [
            replace(one, image=one.image.resize(large, Image.Resampling.NEAREST)) for one in made
        ]


async def test_a_picture_that_cannot_be_written_is_told_to_the_server(hub):
    enlarged = "RealESRGAN_x4plus"
    shop = Shop(hub, LargeEngine(post_processing=frozenset({enlarged})))
    wide = {"width": 1024, "height": 64, "post_processing": [enlarged]}
    jobs = [hub.offer(payload=payload, ttl=LONG)[0] for payload in (wide, {})]
    shop.open()
    await all_settled(shop, jobs)
    await shop.close()
    assert fates(hub, jobs) == ["faulted", "ok"]
    [told] = hub.submitted[jobs[0]]["gen_metadata"]
    assert told["ref"].startswith("delivery error ")
