"""What the hub answers when it is asked how things are: reads, and no change."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.horde.wire import Check, Generation, GenMetadata
from hub import queue
from hub.errors import Declined
from hub.store import Row
from hub.tables import FORMS, GENERATIONS, REQUESTS, WORKERS, FormState, Kind, State
from hub.users import Users
from hub.wire import GenerationRequest, PopRequest
from hub.wire_alchemy import AlchemyPop
from hub.workers import ONLINE_SECONDS, as_worker

FAILED = (State.FAULTED, State.ABORTED, State.LOST)


async def online_workers(
    connection: AsyncConnection, users: Users, now: float
) -> list[queue.Worker]:
    """Return the workers seen in the last five minutes that are not to rest."""
    return [_as_worker(row, users) for row in await _online(connection, Kind.IMAGE, now)]


async def online_alchemists(connection: AsyncConnection, now: float) -> list[AlchemyPop]:
    """Return what the alchemists offer that are there now."""
    rows = await _online(connection, Kind.ALCHEMIST, now)
    return [AlchemyPop.model_validate_json(row.offer) for row in rows]


async def _online(connection: AsyncConnection, kind: Kind, now: float) -> list[Row]:
    rows = await connection.execute(
        sa.select(WORKERS).where(
            WORKERS.c.kind == kind,
            WORKERS.c.seen >= now - ONLINE_SECONDS,
            sa.not_(WORKERS.c.maintenance),
            sa.not_(WORKERS.c.paused),
        )
    )
    return list(rows.all())


def _as_worker(row: Row, users: Users) -> queue.Worker:
    owner = users.by_id(row.owner)
    trusted = owner is not None and owner.trusted
    return as_worker(row, PopRequest.model_validate_json(row.offer), trusted=trusted)


def able(request: GenerationRequest, workers: list[queue.Worker]) -> list[queue.Worker]:
    """Return those of the workers that could take a request."""
    return [worker for worker in workers if queue.obstacle(request, worker) is None]


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
        wait_time=queue.wait_seconds(ahead, running, workers) if row.waiting or processing else 0,
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


def _running_seconds(processing: list[Row], workers: list[queue.Worker], now: float) -> float:
    """Return how long the slowest worker still needs for its jobs of a request."""
    speeds = {worker.id: worker.speed for worker in workers}
    remaining = [0.0]
    for worker in {job.worker for job in processing}:
        jobs = [job for job in processing if job.worker == worker]
        needs = sum(job.work for job in jobs) / speeds.get(worker, queue.DEFAULT_SPEED)
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


async def models(connection: AsyncConnection, users: Users, now: float) -> list[dict[str, Any]]:
    """Return who serves which model, how fast, and what waits for it."""
    workers = await online_workers(connection, users, now)
    waiting = await connection.execute(
        sa.select(REQUESTS.c.body, REQUESTS.c.waiting, REQUESTS.c.work).where(
            REQUESTS.c.waiting > 0
        )
    )
    queued: dict[str, float] = {}
    jobs: dict[str, int] = {}
    for row in waiting:
        for model in GenerationRequest.model_validate_json(row.body).models:
            queued[model] = queued.get(model, 0) + row.waiting * row.work
            jobs[model] = jobs.get(model, 0) + row.waiting
    names = {model for worker in workers for model in worker.offer.models} | set(queued)
    return [
        _model(name, [w for w in workers if name in w.offer.models], queued.get(name, 0), jobs)
        for name in sorted(names)
    ]


def _model(
    name: str, workers: list[queue.Worker], queued: float, jobs: dict[str, int]
) -> dict[str, Any]:
    speed = sum(worker.speed for worker in workers)
    return {
        "name": name,
        "count": sum(worker.offer.threads for worker in workers),
        "performance": round(speed / len(workers) * 1_000_000, 1) if workers else 0.0,
        "queued": round(queued * 1_000_000, 1),
        "jobs": float(jobs.get(name, 0)),
        "eta": int(queued / (speed or queue.DEFAULT_SPEED)),
        "type": "image",
    }


async def performance(connection: AsyncConnection, users: Users, now: float) -> dict[str, Any]:
    """Return the sums of `GET /v2/status/performance`."""
    workers = await online_workers(connection, users, now)
    jobs, work = (
        await connection.execute(
            sa.select(
                sa.func.coalesce(sa.func.sum(REQUESTS.c.waiting), 0),
                sa.func.coalesce(sa.func.sum(REQUESTS.c.waiting * REQUESTS.c.work), 0.0),
            )
        )
    ).one()
    running, running_work = (
        await connection.execute(
            sa.select(
                sa.func.count(), sa.func.coalesce(sa.func.sum(GENERATIONS.c.work), 0.0)
            ).where(GENERATIONS.c.state == State.PROCESSING)
        )
    ).one()
    minute = await connection.scalar(
        sa.select(sa.func.coalesce(sa.func.sum(GENERATIONS.c.work), 0.0)).where(
            GENERATIONS.c.delivered > now - 60
        )
    )
    forms = await connection.scalar(
        sa.select(sa.func.count())
        .select_from(FORMS)
        .where(FORMS.c.state.in_((FormState.WAITING, FormState.PROCESSING)))
    )
    alchemists = await online_alchemists(connection, now)
    return {
        "queued_requests": jobs + running,
        "queued_text_requests": 0,
        "worker_count": len(workers),
        "text_worker_count": 0,
        "thread_count": sum(worker.offer.threads for worker in workers),
        "text_thread_count": 0,
        "queued_megapixelsteps": round(work + running_work, 2),
        "past_minute_megapixelsteps": round(minute or 0, 2),
        "queued_forms": float(forms or 0),
        "interrogator_count": len(alchemists),
        "interrogator_thread_count": sum(offer.threads for offer in alchemists),
        "queued_tokens": 0.0,
        "past_minute_tokens": 0.0,
    }
