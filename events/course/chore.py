"""What the clock does for kudos beside paying: parties begin and end, and keys are forgotten."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from common.errors import HordeError, Refusal
from events.course.steps import Steps
from events.kudos.treasury import Treasury
from events.lifecycle import Step
from events.model import FINAL, Event, State
from events.store import CLOCK, EventStore
from request.kept.leases import Lease

log = structlog.get_logger()

LOOKED_AT = 60.0
"""Seconds between two looks at what a party's money is."""
SETTLING = 1800.0
"""Seconds for which a party's shared key outlives it: a Horde drops with a key all that is still
being made with it, and keeps a request for 20 minutes after the last that happened to it."""


class KudosChore:
    """Looks after the funds of all events."""

    def __init__(
        self,
        treasury: Treasury,
        events: EventStore,
        steps: Steps,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._treasury = treasury
        self._events = events
        self._steps = steps
        self._now = now
        self._looked: dict[str, float] = {}
        self._over: dict[str, float] = {}
        """Since when a party has been seen to be over."""

    async def __call__(self, lease: Lease) -> None:
        """Do what is due. What the Horde does not do now is done the next time."""
        for event_id in sorted(await self._treasury.funds.open_events()):
            try:
                await self._look_after(lease, event_id)
            except (HordeError, Refusal) as error:
                log.warning("kudos_put_off", of=event_id, error=str(error))

    async def _look_after(self, lease: Lease, event_id: str) -> None:
        event = await self._events.find(event_id)
        if event is None or event.state in FINAL:
            if await self._has_settled(event_id):
                await self._treasury.close(event_id)
        elif event.state is State.OPEN and event.plan.prizes.pictures:
            await self._run_party(lease, event)
        elif event.state not in {State.DRAFT, State.ANNOUNCED} and await self._has_settled(
            event_id
        ):
            await self._treasury.party.close(event_id)

    async def _has_settled(self, event_id: str) -> bool:
        """Tell whether nothing can be in the making any more with the shared keys of a party."""
        if not await self._treasury.party.holds_keys(event_id):
            self._over.pop(event_id, None)
            return True
        return self._now() - self._over.setdefault(event_id, self._now()) >= SETTLING

    async def _run_party(self, lease: Lease, event: Event) -> None:
        """Pay for the pictures of a party, and end it when the money is gone."""
        now = self._now()
        seconds = event.plan.schedule.closes.timestamp() - now
        await self._treasury.party.open(event.id, event.plan.prizes, seconds=max(seconds, 0.0))
        if now - self._looked.get(event.id, -LOOKED_AT) < LOOKED_AT:
            return
        self._looked[event.id] = now
        if await self._treasury.party.is_over(event.id):
            await self._steps.take(event, Step.CLOSE, CLOCK, lease=lease)
            log.info("party_paid_out", of=event.id)
