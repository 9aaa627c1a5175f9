"""The worker's process: pop, prepare, generate, check, deliver, one job after another.

While the engine makes a job, the next one is fetched and the last one delivered: the engine
never waits for the network. Each of the three is at most one job, so memory stays bounded.
"""

from __future__ import annotations

import asyncio
import time
from contextlib import AsyncExitStack, suppress
from functools import partial

from common import texts
from common.config import CivitaiConfig, WorkerConfig
from common.errors import WorkerError
from common.horde.work import Popped
from worker import events
from worker.assets.supply import Supplier, open_supplier, within_reach
from worker.delivery import Delivery
from worker.engines import build_engine
from worker.engines.child import ChildEngine
from worker.engines.protocol import Engine, Fault, Feature
from worker.events import Report
from worker.offer import Offer, is_loopback, make_offer
from worker.order import JobFailed, Order, Result, Withheld
from worker.popping import Popper
from worker.preparation import MAX_SOURCE_BYTES, ids_of, prepare
from worker.safety.checkers import build_checker
from worker.safety.guard import Guard
from worker.safety.judgement import Verdict
from worker.studio import Studio
from worker.thread import in_thread
from worker.timing import Backoff, Timing, either, rest, timing_for
from worker.wire_client import WireClient, connect

FAILURES_TO_PAUSE = 3
STOPPING = Fault("information", "see_ref", "the worker stops")


async def run(
    config: WorkerConfig,
    civitai: CivitaiConfig | None = None,
    *,
    engine: Engine | None = None,
    stop: asyncio.Event,
    report: Report,
    timing: Timing | None = None,
    started: float | None = None,
) -> None:
    """Serve until `stop`, then finish the running job (within 20 seconds) and return.

    `civitai` is where LoRAs come from, by default the public one; `started` is when this process
    began (Unix seconds), by default now; `timing` the waits, by default those that suit the
    server. Raises WorkerError with a sentence for the operator if the worker cannot serve, or not
    any more.
    """
    started = time.time() if started is None else started
    timing = timing or timing_for(loopback=is_loopback(config.url))
    engine = engine or build_engine(config)
    civitai = civitai or CivitaiConfig()
    async with AsyncExitStack() as stack:
        if isinstance(engine, ChildEngine):
            stack.callback(engine.close)
        await in_thread(engine.load)
        info = within_reach(engine.info(), config, civitai)
        # what no public server gets may go unseen; its words are read all the same
        unseen = info.private_only and config.safety == "auto"
        checker = None if unseen else build_checker(config.safety)
        offer = make_offer(config, info, started=started, checked=checker is not None)
        if checker is not None:
            stack.callback(checker.close)
            await in_thread(checker.load)
        guard = Guard(checker, nsfw=offer.nsfw)
        horde = await stack.enter_async_context(
            connect(config.url, config.key, monotonic=timing.clock)
        )
        supplier = None
        if not info.own_assets and (info.can(Feature.LORA) or info.can(Feature.TEXTUAL_INVERSION)):
            opening = open_supplier(
                config,
                civitai,
                nsfw=offer.nsfw,
                report=report,
                clock=timing.clock,
            )
            supplier = await stack.enter_async_context(opening)
        report(events.Started(config.name, config.url, offer.info.name, offer.info.models))
        shift = Shift(
            horde, engine, offer, guard, supplier, stop=stop, report=report, timing=timing
        )
        await shift.work()


class Shift:
    """One run of the worker on one server."""

    def __init__(
        self,
        horde: WireClient,
        engine: Engine,
        offer: Offer,
        guard: Guard,
        supplier: Supplier | None = None,
        *,
        stop: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        self._horde = horde
        self._offer = offer
        self._stop = stop
        self._report = report
        self._timing = timing
        self._popper = Popper(horde, stop=stop, report=report, timing=timing)
        self._studio = Studio(engine, stop=stop, report=report, timing=timing)
        self._guard = guard
        self._supplier = supplier
        self._delivery = Delivery(
            horde, worker=offer.name, guard=guard, stop=stop, report=report, timing=timing
        )
        self._failures = 0
        self._last_failure = ""
        self._pause = Backoff(timing.pause, timing.random)

    async def work(self) -> None:
        """Make one order after another until the worker is to stop."""
        upcoming = asyncio.create_task(self._take())
        delivery = asyncio.create_task(self._delivery.nothing())
        try:
            while (order := await upcoming) is not None:
                upcoming = asyncio.create_task(self._take())
                results = await self._make(order)
                await self._delivered(delivery)
                delivery = asyncio.create_task(self._delivery.hand_in(order, results))
        finally:
            await self._give_back(upcoming)
            await self._delivered(delivery)

    async def _take(self) -> Order | None:
        """Return the next order, ready for the engine; None when the worker is to stop."""
        while not self._stop.is_set():
            # after a failure nothing is fetched ahead: first see whether the engine still works
            await self._studio.nearly_free(0 if self._failures else self._timing.prefetch)
            await self._pause_after_failures()
            if self._stop.is_set():
                break
            popped = await self._popper.pop(self._offer.body(self._studio.pace.slowest))
            if popped is not None and (order := await self._prepare(popped)):
                return order
        return None

    async def _prepare(self, popped: Popped) -> Order | None:
        """Return the order of a popped job; None if it cannot be done, and the server knows."""
        ids = ids_of(popped)
        payload = popped.payload
        shape = (payload.width, payload.height, payload.ddim_steps)
        self._report(events.Popped(ids, str(popped.model), *shape))
        fetch = partial(self._horde.fetch, limit_bytes=MAX_SOURCE_BYTES)
        try:
            now = self._timing.clock()
            order = await prepare(popped, self._offer.info, fetch, now=now)
            self._studio.check_time(order)
            if self._supplier is not None:
                spare = self._studio.spare(order)
                order = await self._supplier.supply(order, payload, self._offer.info, spare)
                self._studio.check_time(order)
            forbidden = await in_thread(partial(self._guard.forbids, order))
        except JobFailed as failure:
            await self._fail(ids, failure)
            return None
        except Exception as error:  # noqa: BLE001  (a source picture nobody could look at)
            problem = f"{type(error).__name__}: {error}"
            await self._fail(ids, JobFailed("worker.not_checked", problem=problem))
            return None
        if forbidden:
            kept_back = [Withheld(seed, Verdict.CSAM) for seed in order.task.seeds]
            await self._delivery.hand_in(order, kept_back)
            return None
        return order

    async def _make(self, order: Order) -> list[Result]:
        """Return what became of an order's pictures; nothing if the server was told already."""
        if self._stop.is_set():
            await self._delivery.give_up(order.ids, STOPPING, STOPPING.ref)
            return []
        try:
            results = await self._studio.make(order)
        except JobFailed as failure:
            await self._fail(order.ids, failure)
            return []
        except WorkerError as error:
            await self._delivery.give_up(order.ids, STOPPING, str(error))
            raise
        self._failures = 0
        self._pause.reset()
        return results

    async def _fail(self, ids: tuple[str, ...], failure: JobFailed) -> None:
        self._failures += 1
        self._last_failure = str(failure)
        await self._delivery.give_up(ids, failure.fault, str(failure))

    async def _pause_after_failures(self) -> None:
        """Take no job for a while when several failed in a row; longer with each further one."""
        if self._failures < FAILURES_TO_PAUSE or self._stop.is_set():
            return
        seconds = self._pause.draw()
        sentence = texts.say(
            "worker.paused",
            failures=self._failures,
            reason=self._last_failure,
            seconds=round(seconds),
        )
        self._report(events.Waiting(sentence))
        await rest(self._stop, seconds)
        self._report(events.Resumed())

    async def _give_back(self, upcoming: asyncio.Task[Order | None]) -> None:
        """Tell the server at once that a job fetched ahead will not be made here."""
        upcoming.cancel()
        await asyncio.wait({upcoming})
        if upcoming.cancelled() or upcoming.exception():
            return
        order = upcoming.result()
        if order is not None:
            await self._delivery.give_up(order.ids, STOPPING, STOPPING.ref)

    async def _delivered(self, delivery: asyncio.Task[None]) -> None:
        """Wait for a delivery as long as it takes, but not for long when the worker is to stop."""
        await either(delivery, self._stop, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.deliver):
                await delivery
