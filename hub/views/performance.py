"""How much waits and how fast it goes: the sums of all, and of each model."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.callers.users import Users
from hub.queue import terms
from hub.tables import FORMS, GENERATIONS, REQUESTS, FormState, State
from hub.views.online import online_alchemists, online_workers
from hub.wire.bodies import GenerationRequest


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
    name: str, workers: list[terms.Worker], queued: float, jobs: dict[str, int]
) -> dict[str, Any]:
    speed = sum(worker.speed for worker in workers)
    return {
        "name": name,
        "count": sum(worker.offer.threads for worker in workers),
        "performance": round(speed / len(workers) * 1_000_000, 1) if workers else 0.0,
        "queued": round(queued * 1_000_000, 1),
        "jobs": float(jobs.get(name, 0)),
        "eta": int(queued / (speed or terms.DEFAULT_SPEED)),
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
