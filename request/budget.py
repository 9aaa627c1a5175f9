"""How many kudos may be spent in a day, by a community and by all together.

What a request will cost is put down when its jobs are: it counts from then on, whatever becomes of
who asked. Where a Horde is free (a hub of one's own) nothing is counted, and where the budget is
used up, requests go there alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from common import texts
from common.config import Config, PlaceConfig
from common.errors import HordeError, Refusal
from common.model import Job, Place
from request.allowed import policy
from request.allowed.terms import Terms
from request.answering import answers
from request.horde.hordes import Hordes
from request.kept.store import Store
from request.making.delivery import NothingCame
from request.making.planning import Plan, Planning
from request.making.prices import Prices

MODELS_SHOWN = 3
Charges = dict[int, float]
"""Kudos by the number of a job; jobs that go where nothing is counted are not in it."""


@dataclass(frozen=True, slots=True)
class _Left:
    """What is left of a budget."""

    limit: int
    kudos: float
    code: str
    """Of the words that say whose budget it is."""


class _Fewer(NamedTuple):
    """What can be paid for: `--n`, and how many pictures that are."""

    n: int
    pictures: int


NO_FEWER = _Fewer(0, 0)


class Budget:
    """Keeps what is spent within the limits."""

    def __init__(
        self,
        store: Store,
        hordes: Hordes,
        prices: Prices,
        planning: Planning,
        config: Callable[[], Config],
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._hordes = hordes
        self._prices = prices
        self._planning = planning
        self._config = config
        self._now = now

    def holds(self, place: PlaceConfig) -> bool:
        """Tell whether there is a budget for a place."""
        return (place.kudos_per_day, self._config().horde.kudos_per_day) != (None, None)

    async def charges(self, jobs: Sequence[Job], terms: Terms, place: PlaceConfig) -> Charges:
        """Return what jobs will cost where they will go. Raises Refusal if nobody can tell."""
        if not self.holds(place):
            return {}
        found: Charges = {}
        try:
            for number, job in enumerate(jobs, start=1):
                endpoint = (await self._hordes.candidates(job, allowed=terms.hordes))[0]
                if not endpoint.free:
                    found[number] = await self._prices.of(endpoint, job, terms.person)
        except (HordeError, NothingCame) as error:
            raise Refusal("refused.no_price", problem=error) from error
        return found

    async def admit(
        self, where: Place, place: PlaceConfig, plan: Plan, terms: Terms, charges: Charges
    ) -> Charges:
        """Return what is to be put down for a plan: all, or nothing if it can be made for free.

        Raises Refusal if the kudos left do not reach, with what would be possible.
        """
        price = sum(charges.values())
        left = await self._tightest(where, place) if charges else None
        if left is None or price <= left.kudos:
            return charges
        free = self._free(terms.hordes)
        if free and all([await self._hordes.makes(free, job) for job in plan.jobs]):
            return {}
        until = policy.DAY - self._now() % policy.DAY
        styles = await self._styles(free, plan, place) if free else ()
        fewer = NO_FEWER if styles else await self._fewer(plan, charges, left.kudos, terms)
        raise Refusal(
            "refused.kudos",
            suggestions=styles,
            price=f"{price:g}",
            left=f"{max(0.0, left.kudos):g}",
            limit=left.limit,
            whose=texts.say(left.code),
            time=answers.duration(until),
            possible=await self._possible(styles, free, fewer),
        )

    async def within(
        self, request_id: str, place: PlaceConfig, allowed: tuple[str, ...]
    ) -> tuple[str, ...]:
        """Return the names of the Hordes a request's jobs may go to; empty: all.

        What nothing was put down for must not cost anything either.
        """
        free = self._free(allowed)
        if not free or not self.holds(place) or await self._store.is_charged(request_id):
            return allowed
        return free

    async def _tightest(self, where: Place, place: PlaceConfig) -> _Left | None:
        """Return the budget that has least left."""
        midnight = self._now() - self._now() % policy.DAY
        found = []
        limit = place.kudos_per_day
        if limit is not None:
            spent = await self._store.spent(
                since=midnight, account=where.account, community=where.community
            )
            found.append(_Left(limit, limit - spent, "kudos.of_community"))
        limit = self._config().horde.kudos_per_day
        if limit is not None:
            spent = await self._store.spent(since=midnight)
            found.append(_Left(limit, limit - spent, "kudos.of_all"))
        return min(found, key=lambda left: left.kudos, default=None)

    def _free(self, allowed: tuple[str, ...]) -> tuple[str, ...]:
        usable = [one for one in self._hordes.endpoints if not allowed or one.name in allowed]
        return tuple(one.name for one in usable if one.free)

    async def _styles(
        self, free: tuple[str, ...], plan: Plan, place: PlaceConfig
    ) -> tuple[str, ...]:
        """Return styles that a free Horde makes, in place of the one of a plan."""
        narrow = place.model_copy(update={"hordes": free, "private_hordes": free})
        limits = policy.limits_of(narrow, self._config().styles)
        return await self._planning.alternatives(plan.image, plan.jobs[0].style, narrow, limits)

    async def _fewer(self, plan: Plan, charges: Charges, left: float, terms: Terms) -> _Fewer:
        """Return how few pictures the kudos left reach for, so that asking for them will not fail.

        Of a category, any style may be drawn for them: the dearest counts.
        """
        charged = [job for number, job in enumerate(plan.jobs, start=1) if number in charges]
        by_style = {job.style: job for job in charged}
        prompts = -(-len(charged) // len(by_style))
        most = -(-sum(job.n for job in charged) // prompts)
        likely = int(left * most / sum(charges.values()))
        for n in dict.fromkeys((min(likely, most - 1), 1)):
            if not 1 <= n < most:
                continue
            together = n if len(by_style) == 1 else 1
            ones = [replace(job, n=together) for job in by_style.values()]
            try:
                prices = [
                    await self._prices.of(endpoint, job, terms.person)
                    for job in ones
                    for endpoint in (await self._hordes.candidates(job, allowed=terms.hordes))[:1]
                ]
            except (HordeError, NothingCame):
                break
            if prompts * max(prices) * (n // together) <= left:
                return _Fewer(n, prompts * n)
        return NO_FEWER

    async def _possible(self, styles: tuple[str, ...], free: tuple[str, ...], fewer: _Fewer) -> str:
        """Return what can be had all the same, as a sentence."""
        hordes = ", ".join(free)
        if styles:
            return texts.say("kudos.free_styles", hordes=hordes, styles=", ".join(styles))
        if fewer.n:
            return texts.say("kudos.fitting", count=fewer.pictures, n=fewer.n)
        served = sorted(await self._hordes.served(allowed=free) or {}) if free else []
        if served:
            models = ", ".join(served[:MODELS_SHOWN])
            return texts.say("kudos.free_models", hordes=hordes, models=models)
        return texts.say("kudos.smaller")
