"""The worker's process: everything it needs is opened, then it works until it is to stop.

One process pops, prepares, looks at the pictures and delivers (`worker/making/shift.py`); what
makes them is one engine for each device, a heavy one in a child process of its own.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from functools import partial

from common import texts
from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from common.running.tasks import cancel
from common.settings.parts import WorkerEndpoint
from worker import events
from worker.alchemy.start import alchemist_beside
from worker.assets.supply import open_supplier, within_reach
from worker.engines import build_engines, devices_of
from worker.engines.child import ChildEngine
from worker.engines.protocol import Engine, EngineInfo, Feature, common_ground
from worker.events import Report
from worker.horde.client import connect
from worker.horde.delivery import Delivery
from worker.horde.employer import Employer
from worker.horde.offer import Offer, is_listed, is_loopback, make_offer
from worker.horde.popping import Popper
from worker.making.shift import Shift
from worker.making.studio import Studio
from worker.owner.rota import Rota
from worker.safety.checkers import build_checker
from worker.safety.guard import Guard
from worker.safety.protocol import Checker
from worker.stock.filling import Stock
from worker.system.thread import in_thread
from worker.timing import Timing, either, timing_for

DOWNLOADED = (Feature.LORA, Feature.TEXTUAL_INVERSION)
"""What jobs name files for that have to be fetched."""


async def run(
    config: WorkerConfig,
    civitai: CivitaiConfig | None = None,
    reference: ReferenceConfig | None = None,
    *,
    engines: Sequence[Engine] = (),
    stop: asyncio.Event,
    drain: asyncio.Event | None = None,
    report: Report,
    timing: Timing | None = None,
    started: float | None = None,
) -> None:
    """Serve until `stop`, then finish the running jobs (within 20 seconds) and return.

    `drain` (by default the same event) takes no more jobs, finishes those that were fetched,
    however long they take, and returns; who sets `stop` sets it too. `engines` are those of the
    settings if none are given. `civitai` is where LoRAs come from, `reference` where models that
    are not here yet are looked up, by default the public ones; once a week it may begin anew with
    others (`worker.models`).
    `started` is when this process began (Unix seconds), by default now; `timing` the waits, by
    default those that suit the server. Raises WorkerError with a sentence for the operator if the
    worker cannot serve, or not any more.
    """
    started = time.time() if started is None else started
    timing = timing or timing_for(loopback=is_loopback(config.endpoints[0].url))
    drain, civitai = drain or stop, civitai or CivitaiConfig()
    stock = Stock(config, civitai, reference or ReferenceConfig(), report=report, timing=timing)
    while True:
        await stock.fill(drain)
        if drain.is_set():
            return
        async with _first_of(drain, stock.changed(drain)) as leaving:
            await _work(
                config,
                civitai,
                engines or build_engines(config),
                stop=stop,
                drain=leaving,
                report=report,
                timing=timing,
                started=started,
            )
        if drain.is_set():
            return


@asynccontextmanager
async def _first_of(
    drain: asyncio.Event, changed: Coroutine[None, None, None]
) -> AsyncIterator[asyncio.Event]:
    """Lend an event that comes when the worker is to drain, or has to begin anew."""
    leaving = asyncio.Event()
    changing = asyncio.create_task(changed)

    async def watch() -> None:
        await either(changing, drain, None)
        leaving.set()

    watching = asyncio.create_task(watch())
    try:
        yield leaving
    finally:
        await cancel(watching, changing)


async def _work(
    config: WorkerConfig,
    civitai: CivitaiConfig,
    engines: Sequence[Engine],
    *,
    stop: asyncio.Event,
    drain: asyncio.Event,
    report: Report,
    timing: Timing,
    started: float,
) -> None:
    """Open everything and work until the worker is to drain. Raises WorkerError."""
    async with AsyncExitStack() as stack:
        info = within_reach(await _load(engines, stack), config, civitai)
        checker = await _checker(config, info, stack)
        offers = [
            make_offer(config, each, info, started=started, checked=checker is not None)
            for each in config.endpoints
        ]
        guard = Guard(checker, nsfw=offers[0].nsfw)
        employers = [
            await stack.enter_async_context(
                _employed(endpoint, offer, guard, stop=stop, report=report, timing=timing)
            )
            for endpoint, offer in zip(config.endpoints, offers, strict=True)
        ]
        wants = not info.own_assets and any(map(info.can, DOWNLOADED))
        supply = partial(open_supplier, config, civitai, nsfw=offers[0].nsfw, report=report)
        supplier = await stack.enter_async_context(
            supply(clock=timing.clock) if wants else nullcontext()
        )
        rota = Rota(config.hours, config.give_way, timing)
        beside = alchemist_beside(
            config, rota, stop=drain, report=report, timing=timing, started=started
        )
        await stack.enter_async_context(beside)
        studios = _studios(config, engines, stop=stop, report=report, timing=timing)
        children = any(isinstance(engine, ChildEngine) for engine in engines)
        if children and await rota.reason() is None:  # others say it soon enough
            await asyncio.gather(*(studio.measure(info.models[0]) for studio in studios))
        _tell(config, info, report)
        await Shift(
            employers,
            studios,
            guard,
            supplier,
            rota,
            stop=stop,
            drain=drain,
            report=report,
            timing=timing,
        ).work()


async def _checker(config: WorkerConfig, info: EngineInfo, stack: AsyncExitStack) -> Checker | None:
    """Return what looks at the pictures, loaded. Raises WorkerError."""
    # what no public server gets may go unseen; its words are read all the same
    if info.private_only and config.safety == "auto":
        return None
    checker = build_checker(config.safety)
    if checker is None:
        return None
    stack.callback(checker.close)
    await in_thread(checker.load)
    return checker


@asynccontextmanager
async def _employed(
    endpoint: WorkerEndpoint,
    offer: Offer,
    guard: Guard,
    *,
    stop: asyncio.Event,
    report: Report,
    timing: Timing,
) -> AsyncIterator[Employer]:
    """Connect to one Horde, with what takes jobs there and brings pictures back."""
    async with connect(endpoint.url, endpoint.key, monotonic=timing.clock) as horde:
        delivery = Delivery(
            horde, worker=offer.name, guard=guard, stop=stop, report=report, timing=timing
        )
        yield Employer(horde, offer, Popper(horde, report=report, timing=timing), delivery)


def _tell(config: WorkerConfig, info: EngineInfo, report: Report) -> None:
    """Say what is offered to whom, and what is not to be had there."""
    urls = tuple(each.url for each in config.endpoints)
    report(events.Started(config.name, ", ".join(urls), info.name, info.models))
    for problem in info.problems:
        report(events.Notice(problem))
    for url in urls:
        if not is_listed(url):
            report(events.Notice(texts.say("worker.unlisted", url=url)))


def _studios(
    config: WorkerConfig,
    engines: Sequence[Engine],
    *,
    stop: asyncio.Event,
    report: Report,
    timing: Timing,
) -> list[Studio]:
    devices = devices_of(config)
    names = devices if len(devices) == len(engines) > 1 else [""] * len(engines)
    unload = config.unload_minutes * 60.0 or None
    return [
        Studio(engine, device=name, unload=unload, stop=stop, report=report, timing=timing)
        for engine, name in zip(engines, names, strict=True)
    ]


async def _load(engines: Sequence[Engine], stack: AsyncExitStack) -> EngineInfo:
    """Load all engines at once; return what each of them can do. Raises WorkerError."""
    for engine in engines:
        if isinstance(engine, ChildEngine):
            stack.callback(engine.close)
    await asyncio.gather(*(in_thread(engine.load) for engine in engines))
    return common_ground([engine.info() for engine in engines])
