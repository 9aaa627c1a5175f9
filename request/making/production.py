"""Making the pictures of a request: each job is submitted, watched, fetched and kept.

A job survives anything: what it is doing is written down first, so that after a crash it goes on
from there (`request/making/submission.py` sends it). A submission of which nobody knows whether it
arrived (the line broke, or the process died before the Horde's id was noted) is sent again and
counted as possibly wasted.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from common import texts
from common.errors import (
    HordeError,
    HordeGone,
    StoreError,
)
from common.horde.enlarging import is_enlarging
from common.horde.wire import Status
from common.reference.models import ModelReference
from common.running.tasks import cancel
from request.allowed.terms import Patience, Terms
from request.answering import metadata
from request.horde.hordes import Endpoint, Hordes
from request.kept.leases import Lease
from request.kept.records import ENDED_JOBS, JobRow, JobState, PictureRow, RequestRow
from request.kept.store import Store
from request.making import endings
from request.making.delivery import Delivery, NothingCame
from request.making.progress import Tally
from request.making.straggling import Straggler
from request.making.submission import Submissions
from request.making.waiting import Impossible, Wait
from request.observer import Observer

log = structlog.get_logger()

ROUNDS = 2
"""A job without a picture is submitted once more, then given up."""
KEPT_BY_HORDES = 3600.0
"""Seconds after which a Horde has forgotten a request by itself, with room to spare."""


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
        observer: Observer | None = None,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._hordes = hordes
        self._delivery = delivery
        self._patience = patience or Patience()
        self._observer = observer or Observer()
        self._now = now
        self._monotonic = monotonic
        self._submissions = Submissions(
            store,
            hordes,
            delivery,
            reference,
            patience=self._patience,
            observer=self._observer,
            monotonic=monotonic,
            sleep=sleep,
        )
        self._tidy: set[str] = set()
        """Accounts of which the Hordes have been told all that was given up."""

    async def run(
        self,
        lease: Lease,
        request: RequestRow,
        jobs: Sequence[JobRow],
        tally: Tally,
        terms: Terms,
    ) -> None:
        """Take all jobs of a request to their end; those that take too long are given up."""
        making = {
            row.number: self._make(lease, request, row, tally, terms)
            for row in jobs
            if row.state not in ENDED_JOBS
        }
        try:
            if len(jobs) == 1:  # as most requests have: without a task more
                del jobs  # of which newer rows are held
                async with asyncio.timeout(self._left(request)):
                    for one in making.values():
                        await one
            else:
                tasks = {asyncio.create_task(one): number for number, one in making.items()}
                await self._await_all(tasks, request, tally)
        except TimeoutError:
            await self.withdraw(lease, request, texts.say("outcome.too_slow"))

    async def _await_all(
        self, tasks: Mapping[asyncio.Task[None], int], request: RequestRow, tally: Tally
    ) -> None:
        """Wait for jobs. Raises TimeoutError if patience comes to its end before all do."""
        open_tasks = set(tasks)
        last: Straggler | None = None
        try:
            while open_tasks:
                rest = self._left(request)
                if last is not None:
                    rest = min(rest, last.left())
                elif len(open_tasks) == 1 and await self._store.pictures_of(request.id):
                    number = tasks[next(iter(open_tasks))]
                    last = Straggler(number, tally, self._patience, self._monotonic)
                if not rest:
                    break
                _done, open_tasks = await asyncio.wait(
                    open_tasks,
                    timeout=rest if last is None else min(rest, last.pause()),
                    return_when=asyncio.FIRST_COMPLETED,
                )
        except BaseException:
            await cancel(*tasks)
            raise
        await cancel(*open_tasks)
        for task in set(tasks) - open_tasks:
            task.result()
        if open_tasks:
            raise TimeoutError

    def _left(self, request: RequestRow) -> float:
        """Return the seconds of patience that a request has left."""
        return max(0.0, request.created + self._patience.request - self._now())

    async def withdraw(self, lease: Lease, request: RequestRow, reason: str | None = None) -> None:
        """Close all open jobs, and tell the Horde that nobody waits for them any more."""
        self._tidy.discard(lease.name)  # what is cut off here is for `tidy`
        rows = [row for row in await self._store.jobs_of(request.id) if row.state not in ENDED_JOBS]
        for row in rows:
            state = JobState.CANCELLED if row.horde_id is None else JobState.ABANDONED
            await self._store.job_ended(lease, request.id, row, state, reason=reason)
        await self._give_back(lease, [row for row in rows if row.horde_id is not None])

    async def tidy(self, lease: Lease) -> None:
        """Tell the Hordes of all that was given up and that they may not have been told of.

        An earlier life may have ended in the middle of it, or a Horde may not have answered.
        """
        if lease.name in self._tidy:
            return
        self._tidy.add(lease.name)
        try:
            await self._give_back(lease, await self._store.abandoned_jobs(lease.name))
        except BaseException:
            self._tidy.discard(lease.name)
            raise

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
            await self._store.job_ended(
                lease, request.id, row, JobState.DONE, made=made, reason=reason
            )
        except NothingCame as failure:
            reason = str(failure)
        except (StoreError, asyncio.CancelledError):
            raise  # the job stays as it is written down
        except Exception:
            log.exception("job_broken", job=row.number)
            made, reason = [], texts.say("answer.internal")
        if not made:
            await self._store.job_ended(lease, request.id, row, JobState.FAULTED, reason=reason)
        tally.finished(row.number, sum(1 for picture in made if picture.sha256))

    async def _rounds(
        self, lease: Lease, row: JobRow, tally: Tally, terms: Terms
    ) -> tuple[list[PictureRow], str | None]:
        """Submit and watch, once more if nothing came of it; return pictures and what lacks.

        Where nobody can make it, but on another Horde somebody could, it is taken there.
        """
        expired, unusable, rounds = False, 0, 0
        avoiding: set[str] = set()
        while rounds < ROUNDS:
            endpoint = self._hordes.named(row.endpoint)
            if row.state is not JobState.SUBMITTED or endpoint is None:
                row, endpoint = await self._submissions.send(
                    lease, row, tally, terms, avoiding=avoiding
                )
            try:
                began = self._now()
                status = await self._watch(endpoint, row, tally, terms)
                tally.was_at_horde(began, self._now())
                tally.cost(row.number, status.kudos)
                self._observer.finished(endpoint.name, status.kudos)
            except HordeGone:
                expired = True
            except Impossible as impossible:
                if not is_enlarging(row.horde_id):
                    avoiding.add(endpoint.name)
                row = replace(row, state=JobState.WAITING)
                if not impossible.elsewhere:
                    unfinished = await self._hordes.leaves_unfinished(endpoint, row.job)
                    told = endings.impossible(row.job, unfinished=unfinished)
                    raise NothingCame(told) from None
                continue
            else:
                expired = False
                made, unusable = await self._delivery.fetch(
                    endpoint.client, row, status, private=terms.private
                )
                if made:
                    return made, _what_lacks(row, made, unusable)
            row = replace(row, state=JobState.WAITING)
            rounds += 1
        raise NothingCame(endings.came_to_nothing(expired=expired, unusable=unusable))

    async def _watch(self, endpoint: Endpoint, row: JobRow, tally: Tally, terms: Terms) -> Status:
        """Wait for the Horde to finish a job. Raises Impossible if nobody can make it for long."""
        # where no alchemist comes, it is drawn
        elsewhere = is_enlarging(row.horde_id) or await self._hordes.others(
            row.job, endpoint, allowed=terms.hordes
        )
        # nor does a worker learn to enlarge while it is waited for
        short = elsewhere or await self._hordes.leaves_unfinished(endpoint, row.job)
        patience = self._patience.elsewhere if short else self._patience.impossible
        wait = Wait(self._hordes, endpoint, row, tally, elsewhere=elsewhere, patience=patience)
        try:
            return await wait.ended
        except Impossible:
            await self._withdraw(row)
            raise
        finally:
            wait.stop()


def _what_lacks(row: JobRow, made: list[PictureRow], unusable: int) -> str | None:
    """Return the sentence for a job that brought fewer pictures than asked for."""
    if unusable:
        return texts.say("outcome.unusable")
    short = texts.say("outcome.short") if len(made) < row.job.n else None
    return metadata.censored(made) or short
