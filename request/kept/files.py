"""Which picture files requests and copies still need."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from request.kept.tables import holds, pictures, sources

AT_ONCE = 200
"""Names looked for at a time."""


async def used(database: Database, names: Sequence[str], *, but: int | None = None) -> set[str]:
    """Return those of the picture files that requests or copies still show, or start from.

    The copy `but` does not count.
    """
    found: set[str] = set()
    if not names:
        return found
    async with database.read() as connection:
        for start in range(0, len(names), AT_ONCE):
            await asyncio.sleep(0)  # they may be a hundred thousand, and SQLite is asked here
            some = names[start : start + AT_ONCE]
            columns = (pictures.c.sha256, sources.c.sha256)
            queries = [sa.select(column).where(column.in_(some)) for column in columns]
            held = sa.select(holds.c.sha256).where(holds.c.sha256.in_(some))
            queries.append(held if but is None else held.where(holds.c.copy != but))
            for query in queries:
                found.update(await connection.scalars(query))
    return found


async def started_from(
    connection: AsyncConnection, request_id: str, parsed: Mapping[str, Any]
) -> None:
    """Note the pictures that a request starts from. Part of keeping what was understood."""
    named = (parsed.get("source_picture"), *parsed.get("extra_pictures", ()))
    names = {name.removeprefix("sha256:") for name in named if name}
    if names:
        rows = [{"request": request_id, "sha256": name} for name in sorted(names)]
        await connection.execute(sources.insert(), rows)


async def named(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return the names of the pictures that requests brought, or start from."""
    brought = sa.select(pictures.c.sha256).where(
        pictures.c.request.in_(ids), pictures.c.sha256.is_not(None)
    )
    begun = sa.select(sources.c.sha256).where(sources.c.request.in_(ids))
    return {*await connection.scalars(brought), *await connection.scalars(begun)}
