"""Posts that show an entry are posted again, or changed, when the entry comes or goes."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from events.model import EntryState
from events.tables import entries, event_posts

AGAIN = {"posted": "revising", "removed": "intended"}
"""What becomes of a post by where it stands; one still to come is made as things are then."""


def numbers_in(body: Mapping[str, Any]) -> set[int]:
    """Return the numbers of the entries that a post shows or names one by one."""
    shown = {int(one["number"]) for one in body.get("pictures", ())}
    return shown | {int(number) for number, _line in body.get("lines", ())}


async def restage(
    connection: AsyncConnection, event_id: str, numbers: Collection[int], now: float
) -> None:
    """Have all posts looked at again that show one of these entries, inside a transaction."""
    query = sa.select(event_posts).where(
        event_posts.c.event == event_id, event_posts.c.state.in_(AGAIN)
    )
    for row in (await connection.execute(query.with_for_update())).all():
        if not numbers_in(row.body).isdisjoint(numbers):
            values = {"state": AGAIN[row.state], "due": now, "tries": 0}
            change = event_posts.update().where(event_posts.c.id == row.id)
            await connection.execute(change.values(values))


async def left_out(
    connection: AsyncConnection, event_id: str, numbers: Collection[int]
) -> list[int]:
    """Return those of the entries that nobody may see (any more), ascending."""
    if not numbers:
        return []
    query = sa.select(entries.c.number).where(
        entries.c.event == event_id,
        entries.c.number.in_(numbers),
        entries.c.state == EntryState.ENTERED,
    )
    standing = set((await connection.execute(query)).scalars())
    return sorted(set(numbers) - standing)
