"""Making the pictures of a request: each job is submitted, watched, fetched and kept.

A job survives anything: what it is doing is written down first, so that after a crash it goes on
from there. A submission of which nobody knows whether it arrived (the line broke, or the process
died before the Horde's id was noted) is sent again and counted as possibly wasted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import structlog

from common import texts
from common.errors import (
    HordeBusy,
    HordeError,
    HordeGone,
    HordeRejected,
    HordeUnclear,
    HordeUnreachable,
    Refusal,
    StoreError,
)
from common.horde.wire import Check, GenerationBody, Status
from common.model import Job
from common.reference import ModelReference
from common.tasks import cancel
from request import endings, metadata
from request.delivery import Delivery, NothingCame
from request.endings import Trouble
from request.hordes import Endpoint, Hordes
from request.leases import Lease
from request.progress import Tally
from request.records import ENDED_JOBS, JobRow, JobState, PictureRow, RequestRow
from request.store import Store

log = structlog.get_logger()

ROUNDS = 2
"""A job without a picture is submitted once more, then given up."""
OF_ONE_HORDE = frozenset(
    {"KudosUpfront", "RequiresTrust", "UnsupportedModel", "UnexpectedModelName", "InvalidSize"}
    | {"UnsupportedSampler", "TooManySteps", "TooManyLoras", "BadLoraVersion", "TooManyTIs"}
)
"""Refusals that say nothing of the next Horde. What is refused for its words is not carried on."""
KEPT_BY_HORDES = 3600.0
"""Seconds after which a Horde has forgotten a request by itself, with room to spare."""
SENDING = 10.0
"""Seconds that a submission on its way gets when the request is stopped."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long things are waited for, in seconds."""

    request: float = 2 * 3600
    """A request fails after this."""
    straggler: float = 300
    """The last job open is given up this long after its siblings."""
    unreachable: float = 600
    """A Horde that does not answer, or answers "busy", is asked again for this long."""
    impossible: float = 600
    """A job nobody can make waits this long for somebody who can."""
    pause: float = 2
    """Between two rounds through the endpoints; grows to ten times that."""


@dataclass(frozen=True, slots=True)
class Terms:
    """What holds for all jobs of a request."""

    private: bool = False
    """No recipe goes into the files."""
    hordes: tuple[str, ...] = ()
    """Names of the Hordes that may be asked; empty: all."""
    person: str = ""
    """A keyed hash of who asks: people take turns, and some Hordes want to tell them apart."""


class Production:
    """Makes pictures for requests, with whatever Hordes there are."""

    def __init__(
        self,
        store: Store,
        hordes: Hordes,
        delivery: Delivery,
        reference: Callable[[], ModelReference],
        *,
        patience: Patience | None = None,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._hordes = hordes
        self._delivery = delivery
        self._reference = reference
        self._patience = patience or Patience()
        self._now = now
        self._sleep = sleep
        self._tidy: set[str] = set()
        """Accounts of which the Hordes have been told all that was given up."""

    async def run(self, lease: Lease, request: RequestRow, tally: Tally, terms: Terms) -> None:
        """Take all jobs of a request to their end; those that take too long are given up."""
        rows = [row for row in await self._store.jobs_of(request.id) if row.state not in ENDED_JOBS]
        tasks = {asyncio.create_task(self._make(lease, request, row, tally, terms)) for row in rows}
        try:
            late = await self._await_all(tasks, request)
        except BaseException:
            await cancel(*tasks)
            raise
        await cancel(*late)
        for task in tasks - late:
            task.result()
        if late:
            await self.withdraw(lease, request, texts.say("outcome.too_slow"))

    async def _await_all(
        self, tasks: set[asyncio.Task[None]], request: RequestRow
    ) -> set[asyncio.Task[None]]:
        """Wait for the tasks; return those still running when patience ends."""
        open_tasks = set(tasks)
        while open_tasks:
            rest = request.created + self._patience.request - self._now()
            if len(open_tasks) == 1 and await self._store.pictures_of(request.id):
                rest = min(rest, self._patience.straggler)
            done, open_tasks = await asyncio.wait(
                open_tasks, timeout=max(rest, 0), return_when=asyncio.FIRST_COMPLETED
            )
            if not done:
                break
        return open_tasks

    async def price(self, jobs: Sequence[Job], terms: Terms) -> str:
        """Return what jobs would cost, as a sentence. Raises Refusal if nobody can tell."""
        total, names = 0.0, []
        try:
            for job in jobs:
                endpoint = (await self._hordes.candidates(job.model, allowed=terms.hordes))[0]
                total += await endpoint.client.dry_run(await self._delivery.body(job))
                names.append(endpoint.name)
        except (HordeError, NothingCame) as error:
            raise Refusal("refused.no_price", problem=error) from error
        pictures = sum(job.n for job in jobs)
        values = {"kudos": f"{total:g}", "endpoints": ", ".join(dict.fromkeys(names))}
        return texts.say("answer.price", count=pictures, **values)

    async def withdraw(self, lease: Lease, request: RequestRow, reason: str | None = None) -> None:
        """Close all open jobs, and tell the Horde that nobody waits for them any more."""
        rows = [row for row in await self._store.jobs_of(request.id) if row.state not in ENDED_JOBS]
        for row in rows:
            state = JobState.CANCELLED if row.horde_id is None else JobState.ABANDONED
            await self._store.job_ended(lease, request.id, row, state, reason=reason)
        await self._give_back(lease, [row for row in rows if row.horde_id is not None])

    async def tidy(self, lease: Lease) -> None:
        """Tell the Hordes of all that was given up and that they may not have been told of.

        An earlier life may have ended in the middle of it, or a Horde may not have answered.
        """
        if lease.name not in self._tidy:
            self._tidy.add(lease.name)
            await self._give_back(lease, await self._store.abandoned_jobs(lease.name))

    async def _give_back(self, lease: Lease, rows: Sequence[JobRow]) -> None:
        """Delete jobs on their Hordes; those whose Horde does not answer wait for `tidy`."""
        for row in rows:
            if row.changed + KEPT_BY_HORDES > self._now() and not await self._withdraw(row):
                self._tidy.discard(lease.name)
            else:
                await self._store.job_given_back(lease, row)

    async def _withdraw(self, row: JobRow) -> bool:
        """Delete a job on its Horde; returns False if the Horde could not be told."""
        endpoint = self._hordes.named(row.endpoint)
        if endpoint is None or row.horde_id is None:
            return True
        endpoint.poller.forget(row.horde_id)
        try:
            await endpoint.client.cancel(row.horde_id)
        except HordeGone:
            return True
        except HordeError as error:
            log.info("cancel_failed", horde_id=row.horde_id, error=str(error))
            return False
        return True

    async def _make(
        self, lease: Lease, request: RequestRow, row: JobRow, tally: Tally, terms: Terms
    ) -> None:
        """Take one job to its end and write that down."""
        made: list[PictureRow] = []
        reason: str | None = None
        try:
            made, reason = await self._rounds(lease, row, tally, terms)
        except NothingCame as failure:
            reason = str(failure)
        except (StoreError, asyncio.CancelledError):
            raise  # the job stays as it is written down
        except Exception:
            log.exception("job_broken", job=row.number)
            reason = texts.say("answer.internal")
        state = JobState.DONE if made else JobState.FAULTED
        await self._store.job_ended(lease, request.id, row, state, made=made, reason=reason)
        tally.finished(row.number, sum(1 for picture in made if picture.sha256))

    async def _rounds(
        self, lease: Lease, row: JobRow, tally: Tally, terms: Terms
    ) -> tuple[list[PictureRow], str | None]:
        """Submit and watch, once more if nothing came of it; return pictures and what lacks."""
        expired, unusable = False, 0
        for _ in range(ROUNDS):
            endpoint = self._hordes.named(row.endpoint)
            if row.state is not JobState.SUBMITTED or endpoint is None:
                row, endpoint = await self._submit(lease, row, tally, terms)
            try:
                status = await self._watch(endpoint, row, tally)
            except HordeGone:
                expired = True
            else:
                expired = False
                made, unusable = await self._delivery.fetch(
                    endpoint.client, row, status, private=terms.private
                )
                if made:
                    return made, _what_lacks(row, made, unusable)
            row = replace(row, state=JobState.WAITING)
        raise NothingCame(endings.came_to_nothing(expired=expired, unusable=unusable))

    async def _submit(
        self, lease: Lease, row: JobRow, tally: Tally, terms: Terms
    ) -> tuple[JobRow, Endpoint]:
        """Send the job to the first endpoint that takes it, waiting if none does now."""
        started, pause = self._now(), self._patience.pause
        while True:
            troubles: list[Trouble] = []
            for endpoint in await self._hordes.candidates(row.job.model, allowed=terms.hordes):
                asked = self._now()
                await endpoint.turns.take(terms.person, partial(tally.queued, row.number))
                tally.sent(row.number)
                started += self._now() - asked  # our own queue is not the Horde's fault
                body = await self._delivery.body(
                    row.job,
                    webhook=endpoint.webhook,
                    proxied=terms.person if endpoint.proxied else "",
                )
                row = await self._store.submission_begun(lease, row, endpoint.name)
                try:
                    sent = await self._send(lease, row, endpoint, body)
                except HordeError as error:
                    self._hordes.failed(endpoint, error)
                    log.info("submit_failed", endpoint=endpoint.name, error=str(error), rc=error.rc)
                    troubles.append(Trouble(endpoint.name, error))
                    if isinstance(error, HordeRejected) and error.rc not in OF_ONE_HORDE:
                        raise self._not_taken(row, troubles[-1:], started) from error
                    if not isinstance(error, HordeUnclear):
                        row = replace(row, state=JobState.WAITING)
                else:
                    self._hordes.succeeded(endpoint)
                    return sent, endpoint
            errors = (trouble.error for trouble in troubles)
            passing = [t for t in errors if isinstance(t, HordeUnreachable | HordeBusy)]
            patience = started + self._patience.unreachable - self._now()
            if not passing or patience <= 0:
                raise self._not_taken(row, troubles, started)
            tally.held_up(str(passing[0]))
            await self._sleep(min(patience, *(t.retry_after or pause for t in passing)))
            pause = min(pause * 1.5, 10 * self._patience.pause)

    def _not_taken(self, row: JobRow, troubles: Sequence[Trouble], started: float) -> NothingCame:
        tried = self._now() - started
        return NothingCame(endings.not_taken(row.job, troubles, self._reference(), tried=tried))

    async def _send(
        self, lease: Lease, row: JobRow, endpoint: Endpoint, body: GenerationBody
    ) -> JobRow:
        """Send a job and note its id. Who is cancelled meanwhile hears of it afterwards."""

        async def send() -> JobRow:
            answer = await endpoint.client.submit(body, counted=True)
            return await self._store.submitted(lease, row, answer.id)

        sending = asyncio.create_task(send())
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            await asyncio.wait({sending}, timeout=SENDING)
            await cancel(sending)
            raise

    async def _watch(self, endpoint: Endpoint, row: JobRow, tally: Tally) -> Status:
        """Wait for the Horde to finish a job. Gives up on one that nobody can make."""
        assert row.horde_id is not None
        now = asyncio.get_running_loop().time
        try:
            async with asyncio.timeout(None) as limit:

                def looked(check: Check) -> None:
                    tally.looked(row.number, check)
                    if check.is_possible:
                        limit.reschedule(None)
                        return
                    tally.held_up(texts.say("progress.impossible"))
                    if limit.when() is None:
                        limit.reschedule(now() + self._patience.impossible)

                return await endpoint.poller.watch(row.horde_id, looked)
        except TimeoutError:
            await self._withdraw(row)
            raise NothingCame(endings.impossible(row.job)) from None


def _what_lacks(row: JobRow, made: list[PictureRow], unusable: int) -> str | None:
    """Return the sentence for a job that brought fewer pictures than asked for."""
    if unusable:
        return texts.say("outcome.unusable")
    short = texts.say("outcome.short") if len(made) < row.job.n else None
    return metadata.censored(made) or short
