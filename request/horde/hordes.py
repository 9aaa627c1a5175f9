"""The Hordes that may be asked, in order, and what they serve right now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import structlog

from common.errors import HordeError, HordeForbidden, HordeUnreachable
from common.horde import outcomes
from common.horde.client import HordeClient
from common.horde.poller import Poller
from common.horde.wire import Check, WorkerStatus
from common.model import Job
from request.horde.offers import Offer, does_work
from request.horde.turns import Turns
from styles.limits import Served

SERVED_FOR = 30.0
"""Seconds for which an answer of `/v2/status/models` is believed."""
LONG_QUEUE = 300
"""Seconds of queue from which another Horde with a shorter one is asked first."""
RESTS = (10.0, 30.0, 60.0, 300.0)
"""Seconds an endpoint is left alone after it failed once, twice … in a row."""

Allowed = Collection[str] | None
"""Names of the endpoints a place may use; None or empty: all."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One Horde with the poller that watches our jobs there."""

    name: str
    client: HordeClient
    poller: Poller
    webhook: str | None = None
    """Address at which it can tell us that a picture is ready."""
    proxied: bool = False
    """Whether it is told by a keyed hash for whom we ask: our key is a service account's."""
    r2: bool = True
    """Whether pictures come as links; else inside the answer."""
    free: bool = False
    """Whether what is made there counts for no budget of kudos."""
    turns: Turns = field(init=False)
    """The queue in front of it."""

    def __post_init__(self) -> None:
        turns = Turns(self.client.turn_to_submit, self.client.submit_pace)
        object.__setattr__(self, "turns", turns)


class Hordes:
    """All endpoints of this process, in the operator's order."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoints: tuple[Endpoint, ...] = ()
        self._asking: dict[str, asyncio.Lock] = {}
        self._monotonic = monotonic
        self._resting: dict[str, _Rest] = {}
        self._known: dict[str, tuple[float, Offer]] = {}
        self._alchemists: dict[str, tuple[float, tuple[WorkerStatus, ...]]] = {}
        self._waits: dict[tuple[str, str], tuple[float, int]] = {}
        self.use(endpoints)

    def use(self, endpoints: Sequence[Endpoint]) -> None:
        """Ask these from now on, in this order; of one that is new or another nothing is known."""
        for name in {one.name for one in (*self.endpoints, *endpoints)}:
            before, after = self.named(name), next((e for e in endpoints if e.name == name), None)
            if before is None or before is not after:
                self._known.pop(name, None)
                self._alchemists.pop(name, None)
                self._resting.pop(name, None)
                self._asking[name] = asyncio.Lock()
        self.endpoints = tuple(endpoints)
        for endpoint in endpoints:
            endpoint.poller.on_trouble = partial(self._heard, endpoint)

    def named(self, name: str | None) -> Endpoint | None:
        """Return the endpoint of that name, if it is still configured."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    async def served(
        self, *, trusted: bool = False, allowed: Allowed = None
    ) -> dict[str, Served] | None:
        """Return the models somebody serves now; None (all of them) where nobody can say.

        With `trusted` only workers count that their Horde trusts. A Horde without any worker says
        nothing: one may be on its way. One that rests counts only if all do.
        """
        usable = self._allowed(allowed)
        awake = [endpoint for endpoint in usable if not self.rests(endpoint)] or usable
        offers = await asyncio.gather(*map(self._offer, awake))
        return _union(offers, trusted=trusted)

    def last_served(
        self, *, trusted: bool = False, allowed: Allowed = None
    ) -> dict[str, Served] | None:
        """Return what `served` would have said when the Hordes were last asked. Asks nobody."""
        known = [
            self._known[one.name][1] for one in self._allowed(allowed) if one.name in self._known
        ]
        return _union(known, trusted=trusted)

    async def candidates(
        self, job: Job, *, allowed: Allowed = None, avoiding: Collection[str] = ()
    ) -> list[Endpoint]:
        """Return the endpoints to try for a job, the best first; none of those to be avoided.

        Those that can make it come before those that cannot, those that rest last; one with a long
        queue gives way to one with a short queue; else the operator's order holds.
        """
        usable = [one for one in self._allowed(allowed) if one.name not in avoiding]
        offers = await asyncio.gather(*map(self._offer, usable))
        known = dict(zip((endpoint.name for endpoint in usable), offers, strict=True))

        def rank(endpoint: Endpoint) -> tuple[bool, bool, bool]:
            offer = known[endpoint.name]
            wait = max(offer.wait(job.model), self._waited_for(endpoint, job.model))
            return self.rests(endpoint), not offer.serves(job), wait > LONG_QUEUE

        return sorted(usable, key=rank)

    async def makes(self, names: Collection[str], job: Job) -> bool:
        """Tell whether one of the endpoints of these names can make a job now."""
        usable = [one for one in self._allowed(names) if not self.rests(one)]
        offers = await asyncio.gather(*map(self._offer, usable))
        return any(offer.serves(job) for offer in offers)

    async def others(self, job: Job, endpoint: Endpoint, *, allowed: Allowed = None) -> bool:
        """Tell whether another endpoint than this one could make a job now."""
        usable = [
            one
            for one in self._allowed(allowed)
            if one.name != endpoint.name and not self.rests(one)
        ]
        offers = await asyncio.gather(*map(self._offer, usable))
        return any(offer.models is not None and offer.serves(job) for offer in offers)

    async def leaves_unfinished(self, endpoint: Endpoint, job: Job) -> bool:
        """Tell whether a job would be drawn there, but nobody enlarges or mends it as it asks."""
        if not job.post_processing:
            return False
        offer = await self._offer(endpoint)
        bare = replace(job, post_processing=())
        return offer.models is not None and offer.serves(bare) and not offer.serves(job)

    async def enlarges(self, endpoint: Endpoint, forms: Collection[str], *, trusted: bool) -> bool:
        """Tell whether alchemists are there who do these to a picture; False if it is unknown."""
        asked, known = self._alchemists.get(endpoint.name, (float("-inf"), ()))
        if self._monotonic() - asked >= SERVED_FOR:
            try:
                known = tuple(await endpoint.client.alchemists())
            except HordeError:
                known = ()
            self._alchemists[endpoint.name] = self._monotonic(), known
        able = [one for one in known if does_work(one) and (one.trusted or not trusted)]
        return all(any(form in one.forms for one in able) for form in forms)

    def looked(self, endpoint: Endpoint, job: Job, check: Check) -> None:
        """Note how long a job of ours has to wait, which is newer than what the Horde tells all."""
        if check.waiting and check.is_possible:
            self._waits[endpoint.name, job.model] = self._monotonic(), check.wait_time

    def _waited_for(self, endpoint: Endpoint, model: str) -> int:
        """Return the wait that was heard of a moment ago for a model, 0 if none was."""
        at, seconds = self._waits.get((endpoint.name, model), (float("-inf"), 0))
        return seconds if self._monotonic() - at < SERVED_FOR else 0

    def failed(self, endpoint: Endpoint, error: HordeError) -> None:
        """Let an endpoint rest that does not answer or does not let us in; longer each time.

        Where the error says how long (maintenance, a blocked address, a wrong key), so long. What
        else fails while it rests was on its way before, and is no news.
        """
        pause = error.pauses_endpoint
        times = self._resting.get(endpoint.name, _Rest()).times
        if pause is None:
            if not isinstance(error, HordeUnreachable | HordeForbidden) or self.rests(endpoint):
                return
            pause = RESTS[min(times, len(RESTS) - 1)]
        self._resting[endpoint.name] = _Rest(times + 1, self._monotonic() + pause, error)
        log.warning(
            "horde_rests",
            horde=endpoint.name,
            seconds=pause,
            reason=str(error),
            rc=error.rc,
            answer=error.values.get("answer", ""),
            mend=outcomes.mend(error),
        )

    def succeeded(self, endpoint: Endpoint) -> None:
        """Forget that an endpoint had failed."""
        self._resting.pop(endpoint.name, None)

    def _heard(self, endpoint: Endpoint, error: HordeError | None) -> None:
        """Take a poller's word that its server has stopped answering, or is back."""
        rest = self._resting.get(endpoint.name)
        if error is not None:
            self.failed(endpoint, error)
        elif rest is not None and isinstance(rest.error, HordeUnreachable):
            self.succeeded(endpoint)

    def closed(self, endpoint: Endpoint) -> HordeError | None:
        """Return why asking an endpoint is of no use now, if it has said so; None if it may be.

        `retry_after` of the error are the seconds that are left.
        """
        rest = self._resting.get(endpoint.name)
        left = 0.0 if rest is None else rest.until - self._monotonic()
        if rest is None or rest.error.pauses_endpoint is None or left <= 0:
            return None
        error = rest.error
        return type(error)(
            error.code, rc=error.rc, status=error.status, retry_after=left, **error.values
        )

    def rests(self, endpoint: Endpoint) -> bool:
        """Tell whether an endpoint is left alone just now, because it failed."""
        rest = self._resting.get(endpoint.name)
        return rest is not None and self._monotonic() < rest.until

    def trouble(self, endpoint: Endpoint) -> str:
        """Return why an endpoint rests; "" if it does not."""
        return str(self._resting[endpoint.name].error) if self.rests(endpoint) else ""

    def mend(self, endpoint: Endpoint) -> str:
        """Return what the operator can do about an endpoint that rests; "" if nothing."""
        return outcomes.mend(self._resting[endpoint.name].error) if self.rests(endpoint) else ""

    def _allowed(self, allowed: Allowed) -> list[Endpoint]:
        return [one for one in self.endpoints if not allowed or one.name in allowed]

    async def _offer(self, endpoint: Endpoint) -> Offer:
        """Return what an endpoint serves, from a short memory."""
        async with self._asking[endpoint.name]:  # one asks, the others wait for the answer
            asked, known = self._known.get(endpoint.name, (float("-inf"), Offer()))
            if self._monotonic() - asked < SERVED_FOR:
                return known
            offer = await _ask(endpoint.client)
            self._known[endpoint.name] = (self._monotonic(), offer)
            return offer


@dataclass(frozen=True, slots=True)
class _Rest:
    """How often an endpoint has failed in a row, until when it rests, and why."""

    times: int = 0
    until: float = 0.0
    error: HordeError = field(default_factory=HordeError)


async def _ask(client: HordeClient) -> Offer:
    models, workers = await asyncio.gather(
        client.models(), client.workers(), return_exceptions=True
    )
    for answer in (models, workers):
        if isinstance(answer, BaseException) and not isinstance(answer, HordeError):
            raise answer
    return Offer.of(
        None if isinstance(models, BaseException) else models,
        None if isinstance(workers, BaseException) else workers,
    )


def _union(offers: Sequence[Offer], *, trusted: bool) -> dict[str, Served] | None:
    """Return what some endpoints serve together; None where none of them says anything."""
    if not any(offer.models for offer in offers):
        return None
    union: dict[str, Served] = {}
    for offer in offers:
        for model, had in (offer.served(trusted=trusted) or {}).items():
            known = union.get(model)
            union[model] = had if known is None else _together(known, had)
    return union


def _together(one: Served, other: Served) -> Served:
    """Return what two endpoints serve of a model: the shorter queue counts."""
    return Served(
        workers=one.workers + other.workers,
        loras=one.loras or other.loras,
        source_pictures=one.source_pictures or other.source_pictures,
        eta=min(one.eta, other.eta),
    )
