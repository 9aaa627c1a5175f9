"""A worker asks for work: check it in, find the first request it may take, make the jobs.

All of it is one transaction of the only writer, so that two workers never get the same job.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.reference.models import ModelReference
from hub.callers.users import User
from hub.callers.workers import Resting, resting, worker_seen
from hub.patience import REQUEST_SECONDS, SLOW_REQUEST_SECONDS
from hub.queue import store, terms
from hub.tables import GENERATIONS, REQUESTS, Kind, Row, State
from hub.wire.bodies import GenerationRequest, PopRequest

MOST_LOOKED_AT = 1000
"""Waiting requests one pop goes through at most."""
PAGE = 50


@dataclass(frozen=True, slots=True)
class Job:
    """What a worker gets: one or more pictures of one request."""

    ids: tuple[str, ...]
    request_id: str
    request: GenerationRequest
    model: str
    seed: int
    ttl: int


@dataclass(frozen=True, slots=True)
class NoJob:
    """Nothing to do: why each waiting request was skipped, or in whose words it is to rest."""

    reasons: tuple[str, ...]
    resting: Resting | None = None


async def pop(
    database: Database,
    offer: PopRequest,
    user: User,
    *,
    priority: Collection[int],
    reference: ModelReference,
    now: float,
) -> Job | NoJob:
    """Check the worker in and give it the next job for it.

    Requests of its owner and of the users in `priority` come first, then all, oldest first. A
    worker in maintenance gets only the former. Raises Declined if the name is somebody else's
    or the owner has too many workers.
    """
    preferred = {user.id, *priority}
    async with database.write() as connection:
        row = await worker_seen(connection, offer, user, Kind.IMAGE, now)
        if offer.started is not None:
            await store.jobs_lost(connection, row.id, offer.started)
        if row.paused:
            return NoJob((), resting(row))
        worker = terms.as_worker(row, offer, trusted=user.trusted)
        only = preferred if row.maintenance else None
        found, reasons = await _find(connection, worker, preferred, only)
        if found is not None:
            return await _assign(connection, found, worker, reference, now)
    return NoJob(tuple(reasons), resting(row))


async def _find(
    connection: AsyncConnection,
    worker: terms.Worker,
    preferred: Collection[int],
    only: Collection[int] | None,
) -> tuple[tuple[Row, GenerationRequest] | None, list[str]]:
    """Return the first request the worker can take, or why not for each that waits."""
    first = sa.case((REQUESTS.c.owner.in_(preferred), 0), else_=1)
    waiting = sa.select(REQUESTS).where(REQUESTS.c.waiting > 0)
    if only is not None:
        waiting = waiting.where(REQUESTS.c.owner.in_(only))
    ordered = waiting.order_by(first, REQUESTS.c.place)
    reasons: list[str] = []
    for offset in range(0, MOST_LOOKED_AT, PAGE):
        page = (await connection.execute(ordered.offset(offset).limit(PAGE))).all()
        for row in page:
            request = GenerationRequest.model_validate_json(row.body)
            reason = terms.obstacle(request, worker)
            if reason is None:
                return (row, request), []
            reasons.append(reason)
        if len(page) < PAGE:
            break
    return None, reasons


async def _assign(
    connection: AsyncConnection,
    found: tuple[Row, GenerationRequest],
    worker: terms.Worker,
    reference: ModelReference,
    now: float,
) -> Job:
    """Make a generation for each picture the worker gets, and keep the request alive."""
    row, request = found
    offer = worker.offer
    taken = await connection.scalars(
        sa.select(GENERATIONS.c.number).where(
            GENERATIONS.c.request == row.id, GENERATIONS.c.state.in_(store.LIVE)
        )
    )
    amount = terms.batch_size(request, offer, row.waiting)
    numbers = terms.next_numbers(taken, row.n, amount)
    model = terms.choose_model(request, offer) or offer.models[0]
    seconds = terms.ttl(request, model, reference, offer)
    ids = tuple(str(uuid.uuid4()) for _ in numbers)
    for job, number in zip(ids, numbers, strict=True):
        await connection.execute(
            GENERATIONS.insert().values(
                id=job,
                request=row.id,
                number=number,
                batch=ids[0],
                state=State.PROCESSING,
                worker=worker.id,
                worker_name=offer.name,
                owner=worker.owner,
                started=offer.started,
                model=model,
                work=row.work,
                popped=now,
                deadline=now + seconds,
                seed="",
                censored=False,
                gen_metadata=[],
            )
        )
    lifetime = SLOW_REQUEST_SECONDS if offer.extra_slow_worker else REQUEST_SECONDS
    await connection.execute(
        REQUESTS.update()
        .where(REQUESTS.c.id == row.id)
        .values(expires=sa.func.max(REQUESTS.c.expires, now + max(lifetime, seconds)))
    )
    await store.settle(connection, row.id)
    seed = terms.seed(row.seed, numbers[0], request.params)
    return Job(ids, row.id, request, model, seed, seconds)
