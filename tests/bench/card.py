"""The card never waits: how much of the time the engine is at work, with a network that takes its.

Jobs of 3 s ± 50 % come from a server where a pop takes 300 ms; each needs a source picture or a
LoRA, which take 500 ms, and its picture takes 500 ms to upload. The engine is the worker's own
child process; what it does in it is to wait. A loop that pops, prepares, generates and submits one
after the other does the first quarter of the same jobs beside it, in the same minutes.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

from aiohttp import web
from PIL import Image

from common import pictures
from common.config import CivitaiConfig, WorkerConfig
from tests.bench.figures import Figure, figure
from tests.bench.player import NAME, busy_share
from tests.fakes.civitai import FakeCivitai, model, version
from tests.fakes.hub import KEY, FakeHub
from tests.fakes.weights import tensors
from worker import events
from worker.assets.supply import open_supplier
from worker.engines.child import ChildEngine
from worker.engines.protocol import Engine
from worker.horde.client import connect
from worker.horde.delivery import Delivery
from worker.horde.offer import make_offer
from worker.making.preparation import prepare
from worker.process import run
from worker.safety.guard import Guard
from worker.system.thread import in_thread
from worker.timing import Timing

JOBS = 200
LESS = 4
"""The loop makes a fourth of the jobs, for it takes so much longer."""
PLAYER = "tests.bench.player:PlayerEngine"
POP, FILE, UPLOAD = 0.3, 0.5, 0.5
LONG = 3.0
FIRST_LORA = 50_000


class FarHub(FakeHub):
    """A hub behind a slow network."""

    scale = 1.0

    async def _pop(self, request: web.Request) -> web.Response:
        await asyncio.sleep(POP * self.scale)
        return await super()._pop(request)

    async def _file(self, request: web.Request) -> web.Response:
        await asyncio.sleep(FILE * self.scale)
        return await super()._file(request)

    async def _upload(self, request: web.Request) -> web.Response:
        await asyncio.sleep(UPLOAD * self.scale)
        return await super()._upload(request)


def measure(_runs: int, scale: float = 1.0) -> Iterator[Figure]:
    """Measure once: 200 jobs say enough."""
    ours, loop = asyncio.run(both(scale))
    what = "200 jobs of 3 s ± 50 %" + ("" if scale == 1 else f", all times × {scale:g}")
    yield figure(f"engine busy, {what}", [ours * 100], "%")
    yield figure("the same jobs popped, made and submitted one by one", [loop * 100], "%")


async def both(scale: float, jobs: int = JOBS) -> tuple[float, float]:
    """Return the shares of the worker and of the loop, measured at the same time."""
    async with FakeCivitai() as civitai:
        civitai.file_seconds = FILE * scale
        civitai.models += [
            model(FIRST_LORA + number, f"LoRA {number}", version(FIRST_LORA + number, "SD 1.5"))
            for number in range(jobs)
        ]
        for number in range(jobs):
            civitai.add_file(FIRST_LORA + number, tensors(1000 + number))
        worker = asyncio.create_task(_with_hub(_worker, civitai, jobs, scale))
        loop = asyncio.create_task(_with_hub(_loop, civitai, max(jobs // LESS, 1), scale))
        return await worker, await loop


async def _with_hub(play, civitai: FakeCivitai, jobs: int, scale: float) -> float:
    hub = FarHub()
    await hub.start()
    hub.scale = scale
    hub.files["source.webp"] = pictures.encode_webp(Image.linear_gradient("L").convert("RGB"))
    source = {"source_image": f"{hub.origin}/files/source.webp", "source_processing": "img2img"}
    lengths = Random(7)
    for number in range(jobs):
        seconds = LONG * lengths.uniform(0.5, 1.5) * scale
        payload = {"prompt": f"work for {seconds:.3f}", "width": 512, "height": 512}
        if number % 2:
            hub.offer(model=NAME, payload=payload, **source)
        else:
            payload["loras"] = [{"name": str(FIRST_LORA + number)}]
            hub.offer(model=NAME, payload=payload)
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        settings = {"name": "bench card", "url": hub.url, "key": KEY, "models": folder}
        config = WorkerConfig.model_validate(settings)
        engine = ChildEngine(PLAYER, config)
        with closing(engine):
            await play(hub, config, CivitaiConfig(url=civitai.url), engine, jobs)
        await hub.stop()
        states = [body["state"] for body in hub.submitted.values()]
        assert states == ["ok"] * jobs, states
        return busy_share(Path(folder))


async def _worker(
    hub: FarHub, config: WorkerConfig, civitai: CivitaiConfig, engine: Engine, jobs: int
) -> None:
    stop, done = asyncio.Event(), []

    def report(event: events.WorkerEvent) -> None:
        done.extend([event] * isinstance(event, events.Submitted))
        if isinstance(event, events.Failed):
            print(event)
        if len(done) == jobs:
            stop.set()

    await run(config, civitai, engines=[engine], stop=stop, report=report, timing=Timing())


async def _loop(
    hub: FarHub, config: WorkerConfig, civitai: CivitaiConfig, engine: Engine, jobs: int
) -> None:
    """Do one thing after the other, with the same parts."""
    await in_thread(engine.load)
    info, timing, quiet = engine.info(), Timing(), lambda _event: None
    [home] = config.endpoints
    offer = make_offer(config, home, info, started=0.0)
    opening = open_supplier(config, civitai, nsfw=True, report=quiet)
    async with connect(home.url, home.key) as horde, opening as supplier:
        delivery = Delivery(
            horde,
            worker=config.name,
            guard=Guard(None, nsfw=True),
            stop=asyncio.Event(),
            report=quiet,
            timing=timing,
        )

        async def fetch(address: str) -> bytes:
            return await horde.fetch(address, limit_bytes=10_000_000)

        for _ in range(jobs):
            popped = await horde.pop(offer.body(None))
            order = await prepare(popped, info, fetch, now=timing.clock())
            order = await supplier.supply(order, popped.payload, info, 60.0)
            task = order.task
            made = await in_thread(
                lambda task=task: engine.generate(task, lambda _part: None, lambda: False)
            )
            await delivery.hand_in(order, made)
