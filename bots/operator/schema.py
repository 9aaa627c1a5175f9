"""How old a database's tables are, without touching them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from common.database import make_engine, shown, trouble
from common.errors import StoreError
from common.storage import revisions

ANSWERING = 10.0
"""Seconds the database gets."""


@dataclass(frozen=True, slots=True)
class SchemaVersion:
    """Which version of the tables a database has."""

    where: str
    """Its address without the password."""
    current: str | None
    """None: it has no tables yet."""
    newest: str
    """What this program brings it up to."""


async def version_of(url: str) -> SchemaVersion:
    """Ask a database for its version. Raises StoreError if it does not answer."""
    try:
        parsed = make_url(url)
    except ArgumentError:  # its text may hold the password
        raise StoreError("store.address") from None
    where, newest = shown(parsed), revisions.newest()
    if parsed.get_backend_name() == "sqlite":
        is_there = await asyncio.to_thread(Path(parsed.database or "").exists)
        if not is_there:  # asking would make the file
            return SchemaVersion(where, None, newest)
    try:
        engine = make_engine(url)
        try:
            async with asyncio.timeout(ANSWERING), engine.connect() as connection:
                current = await connection.run_sync(revisions.current)
        finally:
            await engine.dispose()
    except (SQLAlchemyError, ImportError, OSError, TimeoutError) as error:
        raise trouble(where, error) from error
    return SchemaVersion(where, current, newest)
