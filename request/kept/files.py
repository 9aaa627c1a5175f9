"""Which picture files requests and copies still need."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from request.kept.tables import holds, pictures, requests

AT_ONCE = 200
"""Names looked for at a time."""
_SOURCE = requests.c.parsed["source_picture"].as_string()
_WITH_SOURCES = sa.select(requests.c.parsed).where(_SOURCE.is_not(None))
"""Most requests start from no picture: the database passes them over faster than we do."""


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
            query = sa.select(pictures.c.sha256).where(pictures.c.sha256.in_(some))
            found.update(row.sha256 for row in await connection.execute(query))
            query = sa.select(holds.c.sha256).where(holds.c.sha256.in_(some))
            others = query.where(holds.c.copy != but) if but is not None else query
            found.update(row.sha256 for row in await connection.execute(others))
        for row in await connection.execute(_WITH_SOURCES):
            found.update(sources(row.parsed))
    return found & set(names)


async def shown(connection: AsyncConnection, ids: Sequence[str]) -> set[str]:
    """Return the names of the pictures that requests brought."""
    query = sa.select(pictures.c.sha256).where(
        pictures.c.request.in_(ids), pictures.c.sha256.is_not(None)
    )
    return {row.sha256 for row in await connection.execute(query)}


def sources(parsed: dict[str, Any] | None) -> set[str]:
    """Return the names of the pictures a request starts from."""
    values = parsed or {}
    named = (values.get("source_picture"), *values.get("extra_pictures", ()))
    return {name.removeprefix("sha256:") for name in named if name}
