"""What happens to requests and generations, each in one transaction.

A picture of a request is wanted (`waiting` counts those), made by one worker as a generation,
and done, or wanted again. `waiting` is always recomputed from the generations, never counted up
and down, so that no crash can make the two disagree.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from hub.callers.pay import disappointed, paid
from hub.callers.users import User
from hub.errors import Declined
from hub.patience import MOST_FAULTS, MOST_LOSSES, REQUEST_SECONDS
from hub.tables import GENERATIONS, REQUESTS, USERS, WORKERS, Row, State
from hub.wire.bodies import GenerationRequest, SubmitRequest

WORKER_SECONDS = 30 * 24 * 3600
"""How long a worker that no longer comes is remembered."""

LIVE = (State.PROCESSING, State.DONE)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A picture that has arrived, with what its owner's webhook is told."""

    id: str
    request: str
    worker: str
    worker_name: str
    model: str
    reward: float
    r2: bool
    webhook: str | None


async def request_submitted(
    database: Database,
    request_id: str,
    request: GenerationRequest,
    user: User,
    *,
    seed: int,
    work: float,
    price: float,
    concurrency: int,
    now: float,
) -> None:
    """Put a request into the queue. Raises Declined if too many pictures of its owner wait."""
    n = request.params.n
    async with database.write() as connection:
        found = await connection.scalar(
            sa.select(sa.func.coalesce(sa.func.sum(REQUESTS.c.waiting), 0)).where(
                REQUESTS.c.owner == user.id
            )
        )
        waiting = int(found or 0)
        if waiting + n > concurrency:
            raise Declined("TooManyPrompts", wanted=waiting + n, limit=concurrency)
        last_place = await connection.scalar(sa.select(sa.func.max(REQUESTS.c.place))) or 0
        await connection.execute(
            REQUESTS.insert().values(
                id=request_id,
                place=last_place + 1,
                owner=user.id,
                body=request.model_dump_json(exclude_defaults=True),
                seed=seed,
                n=n,
                waiting=n,
                work=work,
                price=price,
                kudos=0,
                faulted=False,
                cancelled=False,
                created=now,
                expires=now + REQUEST_SECONDS,
            )
        )
        await connection.execute(
            USERS.update()
            .where(USERS.c.id == user.id)
            .values(asked=USERS.c.asked + n, asked_work=USERS.c.asked_work + n * work)
        )


async def request_cancelled(database: Database, request_id: str) -> None:
    """Want no more pictures of it; those being made are still delivered."""
    async with database.write() as connection:
        await connection.execute(
            REQUESTS.update().where(REQUESTS.c.id == request_id).values(cancelled=True, waiting=0)
        )


async def job_held(database: Database, job: str, user: User) -> None:
    """Raise Declined unless this job is at work at one of this user's workers."""
    async with database.read() as connection:
        await _held(connection, job, user)


async def generation_faulted(database: Database, job: str, user: User) -> None:
    """Want the picture again, from anyone; after three failed tries the request is faulted."""
    async with database.write() as connection:
        row = await _held(connection, job, user)
        await _end(connection, [row], State.FAULTED)


async def generation_delivered(
    database: Database, submit: SubmitRequest, user: User, now: float
) -> Delivered:
    """Record a picture, pay its worker, measure it. Raises Declined like `job_held`."""
    async with database.write() as connection:
        job = await _held(connection, submit.id, user)
        request = (
            await connection.execute(sa.select(REQUESTS).where(REQUESTS.c.id == job.request))
        ).one()
        await connection.execute(
            GENERATIONS.update()
            .where(GENERATIONS.c.id == job.id)
            .values(
                state=State.DONE,
                delivered=now,
                seed=str(submit.seed),
                censored=submit.censored,
                gen_metadata=[entry.model_dump(exclude_none=True) for entry in submit.gen_metadata],
            )
        )
        await connection.execute(
            REQUESTS.update()
            .where(REQUESTS.c.id == request.id)
            .values(
                kudos=REQUESTS.c.kudos + request.price,
                expires=sa.func.max(REQUESTS.c.expires, now + REQUEST_SECONDS),
            )
        )
        made = {"made": 1, "made_work": job.work}
        await paid(connection, job, request.owner, request.price, work=job.work, made=made, now=now)
    body = GenerationRequest.model_validate_json(request.body)
    return Delivered(
        id=job.id,
        request=request.id,
        worker=job.worker,
        worker_name=job.worker_name,
        model=job.model,
        reward=request.price,
        r2=body.r2,
        webhook=body.webhook,
    )


async def overdue_aborted(database: Database, now: float) -> int:
    """Take jobs past their ttl away from their workers; return how many."""
    async with database.write() as connection:
        rows = await connection.execute(
            sa.select(GENERATIONS).where(
                GENERATIONS.c.state == State.PROCESSING, GENERATIONS.c.deadline < now
            )
        )
        overdue = rows.all()
        await _end(connection, overdue, State.ABORTED)
        await disappointed(connection, overdue)
    return len(overdue)


async def jobs_lost(connection: AsyncConnection, worker: str, started: float) -> None:
    """Want again what earlier processes of a worker had popped. Part of a pop."""
    rows = await connection.execute(
        sa.select(GENERATIONS).where(
            GENERATIONS.c.worker == worker,
            GENERATIONS.c.state == State.PROCESSING,
            GENERATIONS.c.started < started,
        )
    )
    await _end(connection, rows.all(), State.LOST)


async def requests_expired(database: Database, now: float) -> list[str]:
    """Forget requests whose time is over, and workers long gone. Return the requests' ids."""
    async with database.write() as connection:
        rows = await connection.execute(sa.select(REQUESTS.c.id).where(REQUESTS.c.expires < now))
        expired = list(rows.scalars())
        if expired:
            await connection.execute(REQUESTS.delete().where(REQUESTS.c.expires < now))
        await connection.execute(WORKERS.delete().where(WORKERS.c.seen < now - WORKER_SECONDS))
    return expired


# --- inside a transaction ------------------------------------------------------------------


async def _held(connection: AsyncConnection, job: str, user: User) -> Row:
    found = await connection.execute(sa.select(GENERATIONS).where(GENERATIONS.c.id == job))
    row = found.one_or_none()
    if row is None:
        raise Declined("InvalidJobID", id=job)
    if row.owner != user.id:
        raise Declined("WrongCredentials")
    if row.state == State.DONE:
        raise Declined("DuplicateGen", id=job)
    if row.state != State.PROCESSING:
        raise Declined("AbortedGen", id=job)
    return row


async def _end(connection: AsyncConnection, jobs: Sequence[Row], state: State) -> None:
    """End jobs without a picture, and let their requests wait again or give them up."""
    if not jobs:
        return
    await connection.execute(
        GENERATIONS.update()
        .where(GENERATIONS.c.id.in_([job.id for job in jobs]))
        .values(state=state)
    )
    for request in {job.request for job in jobs}:
        await settle(connection, request)


async def settle(connection: AsyncConnection, request: str) -> None:
    """Recompute what of a request waits, and whether it has failed too often.

    Tries are counted by pop: a batch of four that fails at once is one failure.
    """
    mine = GENERATIONS.c.request == request

    def tries(*states: State) -> sa.ScalarSelect[int]:
        batches = sa.func.count(sa.distinct(GENERATIONS.c.batch))
        return sa.select(batches).where(mine, GENERATIONS.c.state.in_(states)).scalar_subquery()

    hopeless = sa.or_(
        tries(State.FAULTED, State.ABORTED) >= MOST_FAULTS, tries(State.LOST) >= MOST_LOSSES
    )
    await connection.execute(
        REQUESTS.update().where(REQUESTS.c.id == request, hopeless).values(faulted=True)
    )
    live = (
        sa.select(sa.func.count())
        .select_from(GENERATIONS)
        .where(mine, GENERATIONS.c.state.in_(LIVE))
        .scalar_subquery()
    )
    closed = sa.or_(REQUESTS.c.faulted, REQUESTS.c.cancelled)
    await connection.execute(
        REQUESTS.update()
        .where(REQUESTS.c.id == request)
        .values(waiting=sa.case((closed, 0), else_=REQUESTS.c.n - live))
    )
