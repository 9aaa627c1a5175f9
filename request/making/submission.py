"""Sending a job to the first Horde that takes it.

What it is doing is written down first. A Horde with which our account has as many requests waiting
as it may is not pestered: its jobs wait in our own queue until one of ours is out of the way.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial

import structlog

from common.errors import (
    HordeBusy,
    HordeError,
    HordeForbidden,
    HordeRejected,
    HordeUnclear,
    HordeUnreachable,
)
from common.horde.client import HordeClient
from common.horde.wire import GenerationBody, Submitted
from common.reference.models import ModelReference
from common.running.tasks import cancel
from request.allowed.terms import Patience, Payer, Terms
from request.horde.hordes import Endpoint, Hordes
from request.kept.leases import Lease
from request.kept.records import JobRow, JobState
from request.kept.store import Store
from request.making import endings
from request.making.delivery import Delivery, NothingCame
from request.making.endings import Trouble
from request.making.enlarging import handed_to_alchemist
from request.making.progress import Tally
from request.observer import Observer

log = structlog.get_logger()

OF_ONE_HORDE = frozenset(
    {"KudosUpfront", "RequiresTrust", "UnsupportedModel", "UnexpectedModelName", "InvalidSize"}
    | {"UnsupportedSampler", "TooManySteps", "TooManyLoras", "BadLoraVersion", "TooManyTIs"}
)
"""Refusals that say nothing of the next Horde. What is refused for its words is not carried on."""
FULL = "TooManyPrompts"
"""Our account has as much waiting there as it may have."""
OF_THE_PAYER = frozenset(
    {"SharedKeyEmpty", "SharedKeyExpired", "SharedKeyInvalid", "SharedKeyInsufficientKudos"}
    | {"SharedKeyAssignedStyles", "KudosUpfront"}
)
"""Refusals that say nothing of the Horde where somebody else pays."""
SHUT_OUT = "TimeoutIP"
"""Our address is not let in for some minutes."""
AT_ONCE = 5
"""Submissions to one Horde that are on their way, or whose id is not noted yet: what a crash may
waste. More at once would only help with a Horde that answers slower than it may be asked.
"""
SENDING = 10.0
"""Seconds that a submission on its way gets when the request is stopped."""


class Submissions:
    """Sends jobs, waiting where no Horde takes one now."""

    def __init__(
        self,
        store: Store,
        hordes: Hordes,
        delivery: Delivery,
        reference: Callable[[], ModelReference],
        *,
        patience: Patience,
        observer: Observer,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._hordes = hordes
        self._delivery = delivery
        self._reference = reference
        self._patience = patience
        self._observer = observer
        self._monotonic = monotonic
        self._sleep = sleep
        self._lines = defaultdict[str, asyncio.Semaphore](partial(asyncio.Semaphore, AT_ONCE))

    async def send(
        self,
        lease: Lease,
        row: JobRow,
        tally: Tally,
        terms: Terms,
        *,
        avoiding: Collection[str] = (),
    ) -> tuple[JobRow, Endpoint]:
        """Send a job to the first endpoint that takes it. Raises NothingCame if none does.

        `avoiding` are names of endpoints that have turned out not to be able to make it.
        """
        patience = _Waiting(self._patience, self._monotonic)
        while True:
            troubles: list[Trouble] = []
            found = await self._hordes.candidates(row.job, allowed=terms.hordes, avoiding=avoiding)
            for endpoint in found:
                closed = await self._turned_away(endpoint, row, tally, terms, patience)
                if closed is not None:
                    troubles.append(Trouble(endpoint.name, closed))
                    continue
                body = await self._body(endpoint, row, terms)
                try:
                    async with self._lines[endpoint.name]:
                        row = await self._begin(lease, row, endpoint)
                        sent = await self._send(lease, row, endpoint, body, terms)
                except HordeError as error:
                    self._note_refusal(endpoint, error, terms)
                    troubles.append(Trouble(endpoint.name, error))
                    if isinstance(error, HordeRejected) and error.rc not in OF_ONE_HORDE:
                        raise self._not_taken(row, troubles[-1:], patience) from error
                    if not isinstance(error, HordeUnclear):
                        row = await self._store.submission_refused(lease, row)
                else:
                    self._hordes.succeeded(endpoint)
                    endpoint.turns.let_go()
                    return sent, endpoint
            errors = [trouble.error for trouble in troubles]
            pause = patience.pause_after(errors, held=terms.payer is None)
            if pause is None:
                raise self._not_taken(row, troubles, patience)
            if pause > 0:
                tally.held_up(str(next(t.error for t in troubles if passes(t.error))))
                await self._sleep(pause)

    async def _turned_away(
        self, endpoint: Endpoint, row: JobRow, tally: Tally, terms: Terms, patience: _Waiting
    ) -> HordeError | None:
        """Wait for a turn; return why the endpoint takes nothing now, if it has said so."""
        closed = self._hordes.closed(endpoint)
        if closed is None:
            await self._take_turn(endpoint, row, tally, terms, patience)
            closed = self._hordes.closed(endpoint)  # it may have said so meanwhile
        return closed

    async def _take_turn(
        self, endpoint: Endpoint, row: JobRow, tally: Tally, terms: Terms, patience: _Waiting
    ) -> None:
        asked = self._monotonic()
        await endpoint.turns.take(terms.person, partial(tally.queued, row.number))
        tally.sent(row.number)
        patience.excuse(self._monotonic() - asked)  # our own queue is not the Horde's fault

    async def _body(self, endpoint: Endpoint, row: JobRow, terms: Terms) -> GenerationBody:
        return await self._delivery.body(
            row.job,
            webhook=endpoint.webhook,
            proxied=terms.person if endpoint.proxied else "",
            r2=endpoint.r2,
        )

    def _note_refusal(self, endpoint: Endpoint, error: HordeError, terms: Terms) -> None:
        if terms.payer is None or error.rc not in OF_THE_PAYER:
            self._hordes.failed(endpoint, error)
        if error.rc == FULL and terms.payer is None:  # whoever else pays has a queue of their own
            endpoint.turns.hold(error.retry_after or self._patience.pause)
        log.info("submit_failed", endpoint=endpoint.name, error=str(error), rc=error.rc)

    def _not_taken(
        self, row: JobRow, troubles: Sequence[Trouble], patience: _Waiting
    ) -> NothingCame:
        if not troubles:  # there is none left to be asked
            return NothingCame(endings.impossible(row.job))
        tried = patience.waited()
        return NothingCame(endings.not_taken(row.job, troubles, self._reference(), tried=tried))

    async def _begin(self, lease: Lease, row: JobRow, endpoint: Endpoint) -> JobRow:
        """Note that a job is about to be sent, to an endpoint it may have reached before."""
        if row.state is JobState.SUBMITTING:
            self._observer.wasted(row.endpoint or endpoint.name)
        return await self._store.submission_begun(lease, row, endpoint.name)

    async def _send(
        self, lease: Lease, row: JobRow, endpoint: Endpoint, body: GenerationBody, terms: Terms
    ) -> JobRow:
        """Send a job and note its id. Who is cancelled meanwhile hears of it afterwards."""
        payer = terms.payer
        client = endpoint.client if payer is None else endpoint.client.with_key(payer.key)

        async def send() -> JobRow:
            horde_id = None
            if payer is None:  # a shared key pays for drawings alone
                horde_id = await handed_to_alchemist(self._hordes, endpoint, row, body)
            if horde_id is None:
                horde_id = (await _submit(client, body, payer)).id
            return await self._store.submitted(lease, row, horde_id)

        sending = asyncio.create_task(send())
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait({sending}, timeout=SENDING)
            await cancel(sending)
            raise


async def _submit(client: HordeClient, body: GenerationBody, payer: Payer | None) -> Submitted:
    """Submit; where somebody else pays, a key that is not known is theirs, not the bot's."""
    try:
        return await client.submit(body, counted=True)
    except HordeForbidden as error:
        if payer is None or error.rc != "InvalidAPIKey":
            raise
        code, rc = "horde.shared_key_expired", "SharedKeyInvalid"
        raise HordeForbidden(code, rc=rc, status=error.status, horde=client.name) from error


class _Waiting:
    """How long a job has been offered in vain, and how long until it is offered again."""

    def __init__(self, patience: Patience, monotonic: Callable[[], float]) -> None:
        self._patience = patience
        self._monotonic = monotonic
        self._since = monotonic()
        self._pause = patience.pause

    def waited(self) -> float:
        return self._monotonic() - self._since

    def excuse(self, seconds: float) -> None:
        """Do not count a time that was waited for another reason."""
        self._since += seconds

    def pause_after(self, errors: Sequence[HordeError], *, held: bool) -> float | None:
        """Return the seconds until the next round; None if there is to be none.

        `held` is whether our own queue waits for room at a Horde that is full.
        """
        full = any(error.rc == FULL for error in errors)
        if full and held:
            return 0.0  # the next turn comes when there is room
        passing = [error for error in errors if passes(error)]
        left = self._patience.unreachable - self.waited()
        if not passing or left <= 0:
            return None
        pause = min(left, *(error.retry_after or self._pause for error in passing))
        self._pause = min(self._pause * 1.5, 10 * self._patience.pause)
        if full:  # which is no fault of the Horde's
            self.excuse(pause)
        return pause


def passes(error: HordeError) -> bool:
    """Tell whether it may be different in a while, without anybody doing something."""
    return isinstance(error, HordeUnreachable | HordeBusy) or error.rc == SHUT_OUT
