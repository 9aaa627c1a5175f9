"""The clock: whoever holds its lease takes the steps whose time has come.

A step is written down before anything follows from it, so a clock that dies anywhere is followed by
another that goes on from there. Of two that both believe they hold the lease one has the older
fence, and its writes are refused.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from common.errors import HordebotsError, LeaseLost, Refusal, StoreError
from common.running.tasks import first
from events import lifecycle
from events.course.steps import Steps
from events.entries.entry_store import EntryStore
from events.lifecycle import Facts, Step
from events.model import Event, Hold, State
from events.purse import Purse
from events.store import CLOCK, EventStore
from request.kept.leases import RENEWED_EVERY, Lease, Leases

log = structlog.get_logger()

LEASE = "clock"
TICK = 15.0
"""Seconds between two looks; also between two tries to take the lease."""
POLLS_WAITED_FOR = 3600.0
"""Seconds for which a count waits for platforms' own polls."""
MOST_STEPS = 12
"""Steps of one event in a row: more than there are."""
Chore = Callable[[Lease], Awaitable[None]]


class Clock:
    """Leads events on, and does what else is due by the clock."""

    def __init__(
        self,
        events: EventStore,
        entries: EntryStore,
        steps: Steps,
        purse: Purse,
        leases: Leases,
        *,
        chores: tuple[Chore, ...] = (),
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._events = events
        self._entries = entries
        self._steps = steps
        self._purse = purse
        self._leases = leases
        self._chores = chores
        self._sleep = sleep
        self._now = now

    async def run(self, stop: asyncio.Event) -> None:
        """Tick whenever the lease is ours, until `stop` is set."""
        while not stop.is_set():
            try:
                lease = await self._leases.take(LEASE)
                if lease is not None:
                    await self._hold(lease, stop)
                    await self._leases.release(lease)
            except LeaseLost as error:
                log.warning("clock_lost", reason=str(error))
            except StoreError as error:
                log.warning("clock_interrupted", error=str(error))
            except Exception:  # a row that cannot be read: whoever serves people goes on
                log.exception("clock_interrupted")
            if not stop.is_set():
                await self._pause(stop)

    async def _hold(self, lease: Lease, stop: asyncio.Event) -> None:
        renewed = self._now()
        while not stop.is_set():
            await self.tick(lease)
            await self._pause(stop)
            if self._now() - renewed >= RENEWED_EVERY or not self._leases.outlives(lease, TICK):
                await self._leases.renew(lease)
                renewed = self._now()

    async def _pause(self, stop: asyncio.Event) -> None:
        await first(self._sleep(TICK), stop.wait())

    async def tick(self, lease: Lease) -> None:
        """Do all that is due now. Raises LeaseLost, StoreError."""
        for event in await self._events.due(self._now()):
            await self._safely(self.lead_on(lease, event), challenge=event.name)
        await self._safely(self._purse.serve(lease))
        for chore in self._chores:
            await self._safely(chore(lease))

    async def _safely(self, work: Awaitable[object], **context: str) -> None:
        """Let one thing fail without the others; what it was is in the log."""
        try:
            await work
        except StoreError:
            raise
        except HordebotsError as error:
            log.warning("not_led_on", error=str(error), **context)
        except Exception:
            log.exception("not_led_on", **context)

    async def lead_on(self, lease: Lease, event: Event) -> Event:
        """Take the steps of an event whose time has come; return it as it stands then."""
        for _ in range(MOST_STEPS):
            if event.state is State.AWARDED:
                await self._purse.award(lease, event)
            step = lifecycle.next_step(event, await self._facts(event), self._now())
            if step is None:
                return event
            if isinstance(step, Hold):
                log.warning("event_held", challenge=event.name, hold=step.value)
                await self._events.held(event, step, lease)
                return replace(event, hold=step)
            event = await self._take(event, step, lease)
        return event

    async def _take(self, event: Event, step: Step, lease: Lease) -> Event:
        moved = await self._steps.take(event, step, CLOCK, lease=lease)
        log.info("event_led_on", challenge=event.name, step=step.value, state=moved.state.value)
        return moved

    async def _facts(self, event: Event) -> Facts:
        facts = await self._entries.facts(event)
        funded = counted = paid = True
        if event.state is State.DRAFT:
            try:
                await self._purse.check(event)
            except Refusal:
                funded = False
        if event.state is State.TALLY and self._now() < event.since + POLLS_WAITED_FOR:
            counted = not await self._entries.polls_open(event)
        if event.state is State.AWARDED:
            paid = await self._purse.is_paid(event)
        return replace(facts, funded=funded, counted=counted, paid=paid)
