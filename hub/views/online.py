"""Which workers are there now, and which of them could take a request."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.callers.users import Users
from hub.callers.workers import ONLINE_SECONDS
from hub.queue import terms
from hub.tables import WORKERS, Kind, Row
from hub.wire.alchemy import AlchemyPop
from hub.wire.bodies import GenerationRequest, PopRequest


async def online_workers(
    connection: AsyncConnection, users: Users, now: float
) -> list[terms.Worker]:
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


def _as_worker(row: Row, users: Users) -> terms.Worker:
    owner = users.by_id(row.owner)
    trusted = owner is not None and owner.trusted
    return terms.as_worker(row, PopRequest.model_validate_json(row.offer), trusted=trusted)


def able(request: GenerationRequest, workers: list[terms.Worker]) -> list[terms.Worker]:
    """Return those of the workers that could take a request."""
    return [worker for worker in workers if terms.obstacle(request, worker) is None]
