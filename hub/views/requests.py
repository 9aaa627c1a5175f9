"""How a request stands: what is done, what waits, and for how long."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.horde.wire import Check, Generation, GenMetadata
from hub.callers.users import Users
from hub.errors import Declined
from hub.queue import terms
from hub.tables import GENERATIONS, REQUESTS, Row, State
from hub.views.online import able, online_workers
from hub.wire.bodies import GenerationRequest

FAILED = (State.FAULTED, State.ABORTED, State.LOST)


async def check(
    connection: AsyncConnection, request_id: str, users: Users, now: float
) -> tuple[Check, Row, list[Row]]:
    """Return how a request stands, with its row and its generations. Raises Declined."""
    found = await connection.execute(sa.select(REQUESTS).where(REQUESTS.c.id == request_id))
    row = found.one_or_none()
    if row is None:
        raise Declined("RequestNotFound", id=request_id[:100])
    generations = (
        await connection.execute(
            sa.select(GENERATIONS)
            .where(GENERATIONS.c.request == request_id)
            .order_by(GENERATIONS.c.number)
        )
    ).all()
    processing = [job for job in generations if job.state == State.PROCESSING]
    finished = sum(job.state == State.DONE for job in generations)
    request = GenerationRequest.model_validate_json(row.body)
    workers = able(request, await online_workers(connection, users, now))
    before, ahead = await _ahead(connection, row) if row.waiting else (0, 0.0)
    running = _running_seconds(processing, workers, now)
    answer = Check(
        finished=finished,
        processing=len(processing),
        restarted=sum(job.state in FAILED for job in generations),
        waiting=row.waiting,
        done=row.faulted or not (row.waiting or processing),
        faulted=row.faulted,
        wait_time=terms.wait_seconds(ahead, running, workers) if row.waiting or processing else 0,
        queue_position=before + 1 if row.waiting else 0,
        kudos=round(row.kudos, 2),
        is_possible=bool(workers or processing),
    )
    return answer, row, list(generations)


async def _ahead(connection: AsyncConnection, row: Row) -> tuple[int, float]:
    """Return how many requests wait before one, and the megapixelsteps until its last picture."""
    count, work = (
        await connection.execute(
            sa.select(
                sa.func.count(),
                sa.func.coalesce(sa.func.sum(REQUESTS.c.waiting * REQUESTS.c.work), 0.0),
            ).where(REQUESTS.c.waiting > 0, REQUESTS.c.place < row.place)
        )
    ).one()
    others = await connection.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(GENERATIONS.c.work), 0.0)).where(
            GENERATIONS.c.state == State.PROCESSING, GENERATIONS.c.request != row.id
        )
    )
    return count, work + (others or 0.0) + row.waiting * row.work


def _running_seconds(processing: list[Row], workers: list[terms.Worker], now: float) -> float:
    """Return how long the slowest worker still needs for its jobs of a request."""
    speeds = {worker.id: worker.speed for worker in workers}
    remaining = [0.0]
    for worker in {job.worker for job in processing}:
        jobs = [job for job in processing if job.worker == worker]
        needs = sum(job.work for job in jobs) / speeds.get(worker, terms.DEFAULT_SPEED)
        remaining.append(needs - (now - min(job.popped for job in jobs)))
    return max(remaining)


def generation(row: Row, img: str) -> Generation:
    """Return a finished picture as the status lists it."""
    return Generation(
        id=row.id,
        img=img,
        seed=row.seed,
        censored=row.censored,
        gen_metadata=[GenMetadata(**entry) for entry in row.gen_metadata],
        worker_id=row.worker,
        worker_name=row.worker_name,
        model=row.model,
    )
