"""What the hub remembers of users."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from common.database import Database
from hub.callers.users import ANONYMOUS
from hub.tables import (
    USERS,
)

COUNTS = (
    "spent",
    "earned",
    "asked",
    "asked_work",
    "made",
    "made_work",
    "asked_forms",
    "made_forms",
)


async def users_known(database: Database, names: Sequence[str], now: float) -> dict[str, int]:
    """Give each name its number, for ever, and return them all."""
    async with database.write() as connection:
        rows = await connection.execute(sa.select(USERS.c.id, USERS.c.name))
        known = {row.name: row.id for row in rows if row.id != ANONYMOUS.id}
        fresh = [name for name in names if name not in known]
        first = max(known.values(), default=ANONYMOUS.id) + 1
        known |= {name: first + index for index, name in enumerate(fresh)}
        for user_id, name in [(known[name], name) for name in fresh]:
            await connection.execute(_new_user(user_id, name, now))
        await connection.execute(
            _new_user(ANONYMOUS.id, ANONYMOUS.name, now).prefix_with("OR IGNORE", dialect="sqlite")
        )
    return known


def _new_user(user_id: int, name: str, now: float) -> sa.Insert:
    return USERS.insert().values(id=user_id, name=name, created=now, **dict.fromkeys(COUNTS, 0))
