"""Taking a step with all that belongs to it: times, result, posts. The clock's and moderators'."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from typing import Any

from common.errors import Refusal
from events import lifecycle
from events.entries.entry_store import EntryStore
from events.lifecycle import Step
from events.model import Entry, Event, Plan, State, Venue
from events.posts.announcements import Scene, posts
from events.purse import Purse
from events.rehearsal import Rehearsal, rehearse
from events.store import CLOCK, EventStore
from events.voting.ballot_store import BallotStore
from events.voting.published import rule_of
from events.voting.tally import Result, result_of
from events.voting.voting import shuffled
from request.kept.leases import Lease

MOST_LINES = 500
"""Entries whose points are kept with the event; all are in the ballots, counted again."""
SHORTEST, LONGEST = 0.1, 60 * 24.0
"""Hours by which something can be extended."""


class Steps:
    """Takes steps. Each is one transaction of `EventStore.stepped`; the rest is worked out here."""

    def __init__(
        self,
        events: EventStore,
        entries: EntryStore,
        ballots: BallotStore,
        purse: Purse,
        *,
        page: Callable[[Event], str] = lambda _event: "",
        galleries: Callable[[], Sequence[Venue]] = tuple,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._events = events
        self._entries = entries
        self._ballots = ballots
        self._purse = purse
        self._page = page
        self._galleries = galleries
        self._now = now

    async def take(
        self,
        event: Event,
        step: Step,
        who: str,
        *,
        why: str = "",
        hours: float | None = None,
        winners: Sequence[int] = (),
        lease: Lease | None = None,
        request: str = "",
    ) -> Event:
        """Take a step and queue its posts. Raises Refusal with the reason where it cannot be.

        EXTEND needs `hours`, JUDGE the numbers of the `winners`, best first.
        """
        lifecycle.after(event.plan, event.state, step, clock=who == CLOCK)
        if step is Step.ANNOUNCE:
            await self._purse.check(event)
        plan = self._replanned(event, step, hours)
        lifecycle.check_fits(plan)
        result = await self._result(event, step, winners)
        after = replace(
            event,
            plan=plan,
            result=result or event.result,
            due=self._due(event, plan, step, who),
        )
        scene = await self._scene(after, step, why)
        return await self._events.stepped(
            event,
            step,
            who,
            why=why,
            plan=plan,
            result=result,
            posts=posts(after, step, scene),
            lease=lease,
            request=request,
        )

    async def replan(self, event: Event, plan: Plan, who: str) -> Event:
        """Put another plan in the place of an event's. Raises Refusal.

        What is promised once it is announced has to be there too.
        """
        if event.state is not State.DRAFT:
            await self._purse.check(replace(event, plan=plan))
        return await self._events.replanned(event, plan, who)

    def rehearse(self, plan: Plan) -> Rehearsal:
        """Return how a plan would go, without keeping, posting or spending anything."""
        now = self._now()
        event = Event("", plan, State.DRAFT, None, None, "", None, now, now)
        return rehearse(plan, now=now, page=self._page(event))

    async def count(self, event: Event) -> Result:
        """Count an event's votes as they are now. Nobody is told before the voting is over."""
        added = await self._ballots.added(event)
        return await asyncio.to_thread(
            result_of, added.entries, added.sums, added.counted, rule_of(event)
        )

    async def winners(self, event: Event) -> list[Entry]:
        """Return the entries that got a place, best first."""
        numbers = (event.result or {}).get("winners", ())
        standing = {entry.number: entry for entry in await self._entries.standing(event)}
        return [standing[number] for number in numbers if number in standing]

    def _replanned(self, event: Event, step: Step, hours: float | None) -> Plan:
        now = self._now()
        if step is Step.EXTEND:
            if hours is None or not SHORTEST <= hours <= LONGEST:
                raise Refusal("events.how_long", name=event.name, least=SHORTEST, most=LONGEST)
            return lifecycle.extended(
                event.plan, event.state, hours=hours, now=now, since=event.since
            )
        return lifecycle.taken_early(event.plan, step, now)

    def _due(self, event: Event, plan: Plan, step: Step, who: str) -> float | None:
        state = lifecycle.after(plan, event.state, step, clock=who == CLOCK)
        since = event.since if state is event.state else self._now()
        return lifecycle.due(plan, state, since)

    async def _result(
        self, event: Event, step: Step, winners: Sequence[int]
    ) -> dict[str, Any] | None:
        if step is Step.SETTLE:
            result = await self.count(event)
            places = event.plan.voting.places
            return {
                "judged": False,
                "winners": [line.number for line in result.winners(places)],
                "lines": [asdict(line) for line in result.lines[:MOST_LINES]],
                "weights": dict(result.weights),
                "ballots": result.ballots,
            }
        if step is not Step.JUDGE:
            return None
        known = {entry.number for entry in await self._entries.standing(event)}
        strange = [str(number) for number in winners if number not in known]
        if not winners or strange or len(set(winners)) != len(winners):
            raise Refusal("events.judge_whom", name=event.name, strange=", ".join(strange) or "-")
        return {"judged": True, "winners": list(winners), "lines": [], "weights": {}, "ballots": 0}

    async def _scene(self, event: Event, step: Step, why: str) -> Scene:
        entries: Sequence[Entry] = ()
        winners: Sequence[Entry] = ()
        if step is Step.VOTE:
            entries = shuffled(await self._entries.standing(event), event.salt, "posts")
        elif step is Step.PROMOTE:
            winners = await self.winners(event)
        return Scene(entries, winners, self._page(event), why, self._galleries())
