"""The worker at work: jobs are fetched ahead, made on every device, and delivered behind.

No device ever waits for the network: while it makes one job, the next ones are popped and their
files fetched, several at a time, and the last ones uploaded. How far ahead is a matter of seconds,
not of a number: short jobs are fetched two deep for each device, long ones when the running one
nears its end, so that other workers are not robbed of them.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from contextlib import suppress
from functools import partial

from common import texts
from common.errors import HordeError, WorkerError
from common.horde.work import Popped
from common.running.tasks import cancel
from worker import events
from worker.assets.supply import Supplier
from worker.engines.protocol import Fault
from worker.events import Report
from worker.horde.employer import Employer
from worker.horde.upkeep import leave
from worker.making.backlog import Backlog, Errand, Signal
from worker.making.foresight import begins
from worker.making.preparation import MAX_SOURCE_BYTES, ids_of, prepare
from worker.making.studio import Studio
from worker.order import JobFailed, Order, Result, Verdict, Withheld
from worker.owner.rota import Rota
from worker.patience import Patience
from worker.safety.guard import Guard
from worker.system.thread import in_thread
from worker.timing import Timing, either

AHEAD = 2
"""Orders fetched ahead for each device, at most."""
BEHIND = 3
"""Deliveries under way for each device, at most: memory stays bounded."""
FRESH = 3.0
"""Seconds a preparation usually takes; one that takes longer is not counted on."""
POP_GRACE = 1.0
"""For a pop that is under way when the worker is to stop: its job can then be given back."""
LAST_MOMENT = 3.0
"""Only when a device is free within this time is any but the first server asked: what the first
has by then comes first."""
OWNER = "owner"
"""Whose wish a rest is."""
LOOK_AGAIN = (0.05, 1.0)
STOPPING = Fault("information", "see_ref", "the worker stops")


class Shift:
    """One run of the worker, for one or more servers, on one or more devices."""

    def __init__(
        self,
        employers: Sequence[Employer],
        studios: Sequence[Studio],
        guard: Guard,
        supplier: Supplier | None,
        rota: Rota,
        *,
        stop: asyncio.Event,
        drain: asyncio.Event,
        report: Report,
        timing: Timing,
    ) -> None:
        """Take the servers in the order they are asked.

        `drain` has what was fetched finished and no more fetched; `stop` ends soon. Who sets
        `stop` sets `drain` too.
        """
        self._employers = employers
        self._studios = {
            studio: Patience(timing, report, studio.device or "engine") for studio in studios
        }
        self._guard = guard
        self._supplier = supplier
        self._rota = rota
        self._resting: str | None = None
        self._measured: set[str] = set()
        self._stop = stop
        self._drain = drain
        self._report = report
        self._timing = timing
        self._over = asyncio.Event()
        """No more jobs are fetched: it is to drain or to stop, or a studio is lost."""
        self._signal = Signal()
        self._backlog = Backlog(self._signal)
        self._preparing: dict[asyncio.Task[None], tuple[Employer, tuple[str, ...], float]] = {}
        self._deliveries: dict[asyncio.Task[None], Studio | None] = {}
        self._preparation = Patience(timing, report, "preparation")

    async def work(self) -> None:
        """Make one order after another until the worker is to stop. Raises WorkerError."""
        watching = [asyncio.create_task(self._watch(each)) for each in (self._drain, self._stop)]
        watching.append(asyncio.create_task(self._tend()))
        filling = asyncio.create_task(self._fill())
        serving = [asyncio.create_task(self._serve(studio)) for studio in self._studios]
        everybody = {filling, *serving}
        try:
            await asyncio.wait(everybody, return_when=asyncio.FIRST_EXCEPTION)
            self._over.set()
            self._signal.give()
            if any(task.done() and task.exception() for task in serving):
                await self._give_back(self._backlog.clear())
            await asyncio.wait(everybody)
        finally:
            await cancel(*everybody, *watching)
            await self._give_back(self._backlog.clear())
            await self._all_delivered()
        for task in everybody:
            task.result()

    async def _watch(self, event: asyncio.Event) -> None:
        await event.wait()
        self._over.set()
        self._signal.give()
        if not self._stop.is_set():
            for employer in self._employers:
                self._deliver(_leave(employer))

    async def _tend(self) -> None:
        """Look now and then whether the owner wants a rest, and give idle memory back."""
        told = ""
        while True:
            try:
                await self._look_around()
            except Exception as error:  # noqa: BLE001  (a driver's, a system's; it may pass)
                problem = f"{type(error).__name__}: {error}"
                if problem != told:
                    told = problem
                    self._report(events.Notice(texts.say("worker.not_tended", problem=problem)))
            await asyncio.sleep(self._timing.tend)

    async def _look_around(self) -> None:
        await self._look_at_rota()
        for studio in self._studios:
            await studio.give_memory_back(at_once=self._resting is not None)
        if not (self._deliveries or any(studio.loaded for studio in self._studios)):
            await in_thread(self._guard.rest)

    async def _look_at_rota(self) -> None:
        reason = await self._rota.reason()
        if reason == self._resting:
            return
        self._resting = reason
        self._report(events.Resumed(OWNER) if reason is None else events.Waiting(reason, OWNER))
        self._signal.give()

    # fetching

    async def _fill(self) -> None:
        """Fetch jobs while they are wanted, and have each prepared beside the others."""
        try:
            while await self._wanted():
                found = await self._fetch()
                if found is not None:
                    self._begin_preparing(*found)
        finally:
            await self._end_preparing()
            self._backlog.close()

    async def _wanted(self) -> bool:
        """Wait until another job is wanted; False when none will be any more."""
        while not self._over.is_set():
            await self._preparation.sit_out(self._over)
            await self._look_at_rota()
            spare = self._begin() - self._timing.prefetch
            if self._over.is_set():
                break
            if self._resting is not None:
                await self._signal.wait()
                continue
            if spare <= 0 and self._has_room():
                return True
            # the estimate gets better with each step, so look again soon
            await self._signal.wait(min(max(spare, LOOK_AGAIN[0]), LOOK_AGAIN[1]))
        return False

    def _has_room(self) -> bool:
        if self._preparation.failures and self._preparing:
            return False
        return len(self._backlog) + len(self._preparing) < AHEAD * len(self._studios)

    def _begin(self, besides: int = 0) -> float:
        """Return the seconds until a job fetched now could be begun; infinite if nobody knows.

        `besides` of those that are being prepared do not count.
        """
        now = self._timing.clock()
        free = [self._free_in(studio) for studio in self._studios]
        pace = min(self._studios, key=Studio.remaining).pace
        queue = [pace.estimate(errand.order.task) for errand in self._backlog]
        fresh = sum(now - since < FRESH for _, _, since in self._preparing.values())
        return begins(free, [*queue, *[pace.usual] * max(fresh - besides, 0)])

    def _free_in(self, studio: Studio) -> float:
        """Return the seconds until a device is free; nothing is fetched ahead for a failing one."""
        patience = self._studios[studio]
        ahead = len(self._backlog) + len(self._preparing)
        if patience.resting or (patience.failures and (studio.busy or ahead)):
            return float("inf")
        return studio.remaining()

    async def _fetch(self) -> tuple[Employer, Popped] | None:
        """Ask the servers in their order for a job; without one, wait until it is time again."""
        slowest = max(each.pace.slowest or 0.0 for each in self._studios)
        limit = min((each.limit for each in self._studios if each.limit), default=None)
        for place, employer in enumerate(self._employers):
            if employer.popper.wait() > 0 or (place and self._begin() > LAST_MOMENT):
                continue
            body = employer.offer.body(slowest or None, limit)
            popping = asyncio.create_task(employer.popper.pop(body))
            await either(popping, self._over, None)
            if not popping.done():
                await asyncio.wait({popping}, timeout=POP_GRACE)
                await cancel(popping)
            popped = None if popping.cancelled() else popping.result()
            if popped is not None:
                return employer, popped
        waits = [max(each.popper.wait(), LOOK_AGAIN[0]) for each in self._employers]
        await self._timing.rest(self._over, min(waits))
        return None

    def _begin_preparing(self, employer: Employer, popped: Popped) -> None:
        task = asyncio.create_task(self._prepare(employer, popped))
        self._preparing[task] = employer, ids_of(popped), self._timing.clock()
        task.add_done_callback(self._prepared)

    def _prepared(self, task: asyncio.Task[None]) -> None:
        self._preparing.pop(task, None)
        self._signal.give()

    async def _end_preparing(self) -> None:
        """Wait for what is being prepared; on a stop, give it back instead."""
        while self._preparing and not self._stop.is_set() and self._backlog.open:
            await either(next(iter(self._preparing)), self._stop, None)
        unfinished = dict(self._preparing)
        await cancel(*unfinished)
        for employer, ids, _ in unfinished.values():
            self._deliver(employer.delivery.give_up(ids, STOPPING, STOPPING.ref))

    async def _prepare(self, employer: Employer, popped: Popped) -> None:
        """Put the order of a popped job into the backlog, or tell why it cannot be done."""
        ids = ids_of(popped)
        payload = popped.payload
        shape = (payload.width, payload.height, payload.ddim_steps)
        self._report(events.Popped(ids, str(popped.model), *shape))
        try:
            order = await self._ready(employer, popped)
            forbidden = await in_thread(partial(self._guard.forbids, order))
        except JobFailed as failure:
            self._fail(self._preparation, employer, ids, failure)
        except Exception as error:  # noqa: BLE001  (a source picture nobody could look at)
            problem = f"{type(error).__name__}: {error}"
            unchecked = JobFailed("worker.not_checked", problem=problem)
            self._fail(self._preparation, employer, ids, unchecked)
        else:
            if forbidden:
                kept_back = [Withheld(seed, Verdict.CSAM) for seed in order.task.seeds]
                self._deliver(employer.delivery.hand_in(order, kept_back))
            else:
                self._preparation.relax()
                self._backlog.put(Errand(order, employer))

    async def _ready(self, employer: Employer, popped: Popped) -> Order:
        """Return the order of a job with all its files. Raises JobFailed."""
        info = employer.offer.info
        fetch = partial(employer.horde.fetch, limit_bytes=MAX_SOURCE_BYTES)
        order = await prepare(popped, info, fetch, now=self._timing.clock())
        studio = min(self._studios, key=Studio.remaining)
        studio.check_time(order, self._begin(besides=1))
        if self._supplier is not None:
            spare = studio.spare(order) / 2  # what does not come in time must leave some
            order = await self._supplier.supply(order, popped.payload, info, spare)
            studio.check_time(order)
        return order

    # making

    async def _serve(self, studio: Studio) -> None:
        """Make one order after another on one device. Raises WorkerError if it is lost."""
        patience = self._studios[studio]
        self._tell_pace(studio, self._employers[0], self._employers[0].offer.info.models[0])
        while (errand := await self._backlog.take(studio.model)) is not None:
            if self._stop.is_set():
                await self._give_back([errand])
                continue
            results = await self._make(studio, errand)
            if results:
                self._deliver(errand.employer.delivery.hand_in(errand.order, results), studio)
            await patience.sit_out(self._over)
            while self._behind(studio) >= BEHIND and not self._stop.is_set():
                await self._signal.wait()
            self._signal.give()

    def _behind(self, studio: Studio) -> int:
        return sum(each is studio for each in self._deliveries.values())

    async def _make(self, studio: Studio, errand: Errand) -> list[Result]:
        """Return what became of an order's pictures; nothing if the server was told already."""
        order, employer = errand.order, errand.employer
        patience = self._studios[studio]
        try:
            results = await studio.make(order)
        except JobFailed as failure:
            self._fail(patience, employer, order.ids, failure)
            return []
        except WorkerError as error:
            self._deliver(employer.delivery.give_up(order.ids, STOPPING, str(error)))
            raise
        patience.relax()
        self._tell_pace(studio, employer, order.task.model)
        return results

    def _tell_pace(self, studio: Studio, employer: Employer, model: str) -> None:
        """Tell what was measured of a model; once."""
        pace = studio.pace.of(model)
        if pace is None or model in self._measured:
            return
        self._measured.add(model)
        body = employer.offer.body(pace, studio.limit)
        ahead = AHEAD * len(self._studios)
        self._report(events.Measured(model, pace, body.max_pixels, body.amount, ahead))

    # delivering

    def _fail(
        self, patience: Patience, employer: Employer, ids: tuple[str, ...], failure: JobFailed
    ) -> None:
        patience.note(str(failure))
        self._deliver(employer.delivery.give_up(ids, failure.fault, str(failure)))

    async def _give_back(self, errands: Sequence[Errand]) -> None:
        """Tell the servers at once that jobs fetched ahead will not be made here."""
        for errand in errands:
            delivery = errand.employer.delivery
            self._deliver(delivery.give_up(errand.order.ids, STOPPING, STOPPING.ref))

    def _deliver(self, work: Coroutine[None, None, None], studio: Studio | None = None) -> None:
        """Have something told to a server while the devices go on."""
        task = asyncio.create_task(work)
        self._deliveries[task] = studio
        task.add_done_callback(self._delivered)

    def _delivered(self, task: asyncio.Task[None]) -> None:
        self._deliveries.pop(task, None)
        self._signal.give()

    async def _all_delivered(self) -> None:
        """Wait for deliveries as long as it takes, but not for long when the worker is to stop."""
        while self._deliveries and not self._stop.is_set():
            await either(next(iter(self._deliveries)), self._stop, None)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._timing.deliver):
                while self._deliveries:
                    await asyncio.wait(self._deliveries)
        await cancel(*self._deliveries)


async def _leave(employer: Employer) -> None:
    """Tell a server that no more jobs are taken; one that does not listen finds out by itself."""
    with suppress(HordeError):
        await leave(employer.horde, employer.offer.name)
