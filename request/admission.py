"""Who may have pictures now: pauses, bans, words, patience, limits, the budget; in that order."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from common.config import PlaceConfig
from common.errors import Refusal
from common.model import Incoming
from request.allowed import policy
from request.allowed.terms import Terms
from request.answering import answers
from request.budget import Budget, Charges
from request.kept.people import People, Standing
from request.kept.records import RequestRow
from request.kept.store import Store
from request.making.planning import Plan
from styles.image_request import ImageRequest


class Admission:
    """The door in front of all Hordes. Every refusal is a sentence that says what to do."""

    def __init__(
        self,
        store: Store,
        people: People,
        budget: Budget,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._people = people
        self._budget = budget
        self._now = now
        self._door = asyncio.Lock()

    async def check(self, request: RequestRow, place: PlaceConfig, image: ImageRequest) -> None:
        """Refuse who may not ask, before anything is looked up for them. Raises Refusal."""
        policy.check_words(place, image)
        await self.check_asker(request, place)

    async def check_asker(self, request: RequestRow, place: PlaceConfig) -> None:
        """Refuse who may ask a Horde for nothing now, whatever it is. Raises Refusal."""
        policy.check_open(place)
        standing = await self._check_person(request.incoming, place)
        await self._check_limits(request, place, standing)

    @asynccontextmanager
    async def admitted(
        self, request: RequestRow, place: PlaceConfig, plan: Plan, terms: Terms
    ) -> AsyncIterator[Charges]:
        """Let a plan in and yield what its jobs cost; what is put down meanwhile counts for others.

        Nobody slips in between the count and what it allows. Raises Refusal.
        """
        charges = await self._budget.charges(plan.jobs, terms, place)
        async with self._door:
            await self._check_limits(request, place, await self._standing(request.incoming))
            where = request.incoming.place
            yield await self._budget.admit(where, place, plan, terms, charges)

    async def hordes(
        self, request_id: str, place: PlaceConfig, allowed: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the names of the Hordes that a request which was let in may go to; empty: all."""
        return await self._budget.within(request_id, place, allowed)

    async def rests_until(self, incoming: Incoming, place: PlaceConfig) -> float:
        """Return until when somebody has to wait because too much of theirs was censored."""
        return await self._rests_until(incoming, place, await self._standing(incoming))

    async def _standing(self, incoming: Incoming) -> Standing:
        where = incoming.place
        return await self._people.standing(where.account, incoming.person.id, where.community)

    async def _rests_until(
        self, incoming: Incoming, place: PlaceConfig, standing: Standing
    ) -> float:
        since = self._now() - policy.DAY
        who = (incoming.place.account, incoming.person.id)
        censored = await self._people.censored(*who, since=since)
        return max(standing.rests_until, policy.rests_until(place, censored))

    async def _check_person(self, incoming: Incoming, place: PlaceConfig) -> Standing:
        standing = await self._standing(incoming)
        if standing.banned:
            raise Refusal("refused.banned")
        if standing.banned_here:
            raise Refusal("refused.banned_here")
        left = await self._rests_until(incoming, place, standing) - self._now()
        if left > 0:
            raise Refusal("refused.censored_often", time=answers.duration(left))
        return standing

    async def _check_limits(
        self, request: RequestRow, place: PlaceConfig, standing: Standing
    ) -> None:
        where, since = request.incoming.place, self._now() - policy.HOUR
        running, recent = await self._store.count_of_person(
            where.account, request.incoming.person.id, since=since, but=request.id
        )
        recent = sorted((*recent, *(at for at in standing.asked if at >= since)))
        policy.admit(place, running=running, recent=recent, now=self._now())
        if policy.is_limited(place):
            together, first = await self._store.count_of_community(
                where.account,
                where.community,
                since=since,
                most=place.requests_per_hour_per_community or 1,
                but=request.id,
            )
            policy.admit_community(place, running=together, first=first, now=self._now())
