"""What work brings: kudos from who asked to who made it, a measured speed, a name for failing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from hub.tables import USERS, WORKERS, Row

DECAY = 0.9
"""How much of a worker's measured speed is kept at each new measurement."""


async def paid(
    connection: AsyncConnection,
    done: Row,
    asker: int,
    price: float,
    *,
    work: float,
    made: Mapping[str, float],
    now: float,
) -> None:
    """Credit the worker and its owner, debit the asker, and measure the worker's speed.

    `done` is a generation or a form, `work` its megapixelsteps or 1; `made` is by how much the
    owner's counts rise, by their columns.
    """
    await connection.execute(
        USERS.update().where(USERS.c.id == asker).values(spent=USERS.c.spent + price)
    )
    counts = {column: USERS.c[column] + more for column, more in made.items()}
    await connection.execute(
        USERS.update()
        .where(USERS.c.id == done.owner)
        .values(earned=USERS.c.earned + price, **counts)
    )
    # a worker that prefetches is busy from its last delivery on, not from the pop
    since = sa.func.max(sa.func.coalesce(WORKERS.c.delivered, 0), done.popped)
    await connection.execute(
        WORKERS.update()
        .where(WORKERS.c.id == done.worker)
        .values(
            recent_work=WORKERS.c.recent_work * DECAY + work,
            recent_seconds=WORKERS.c.recent_seconds * DECAY + (now - since),
            delivered=now,
            made=WORKERS.c.made + 1,
            made_work=WORKERS.c.made_work + work,
            earned=WORKERS.c.earned + price,
        )
    )


async def disappointed(connection: AsyncConnection, overdue: Iterable[Row]) -> None:
    """Count against workers what they did not do in time: generations or forms."""
    for one in overdue:
        await connection.execute(
            WORKERS.update()
            .where(WORKERS.c.id == one.worker)
            .values(uncompleted=WORKERS.c.uncompleted + 1)
        )
