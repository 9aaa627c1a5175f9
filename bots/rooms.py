"""Putting the room of events together for the program and for its commands, in one way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from common.config import Config
from common.database import Database, open_database
from events.model import Event
from events.room import Parts, open_parts
from request.leases import Leases
from request.marks import Marks, open_marks


def event_parts(
    config: Callable[[], Config], database: Database, marks: Marks, leases: Leases, pictures: Path
) -> Parts:
    """Return what events are made of."""
    return open_parts(
        database,
        marks,
        leases,
        pictures,
        page=lambda event: page_of(config(), event),
        pause=lambda: config().events.pause_seconds,
    )


@asynccontextmanager
async def open_events(config: Config, folder: Path) -> AsyncIterator[Parts]:
    """Open the database for a command about events; what it does needs no lease."""
    marks = open_marks(folder)
    database = await open_database(config.database_url)
    try:
        leases = Leases(database, f"{config.instance} (command)")
        yield event_parts(lambda: config, database, marks, leases, folder / "pictures")
    finally:
        await database.close()


def page_of(config: Config, event: Event) -> str:
    """Return the address of an event's page; "" if people cannot reach it."""
    public = config.web.public_url
    return "" if public is None else f"{public.rstrip('/')}/events/{event.name}"
