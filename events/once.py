"""What a request has done to an event is done once, though it may come again after a crash.

It is noted in the transaction that does it. Who dies before the answer is written down reads the
request again, finds the note, and only says what has come of it.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from events.tables import event_requests

KEPT_FOR = 7 * 24 * 3600.0
"""Seconds; a request is answered or given up long before."""


@dataclass(frozen=True, slots=True)
class Done:
    """What a request has done."""

    event: str
    """Id of the event."""
    number: int | None
    """Of the entry it was about, if it was about one."""


async def note(
    connection: AsyncConnection, request: str, event: str, now: float, number: int | None = None
) -> None:
    """Note inside a transaction that it does what a request asks for; "" is nobody's request."""
    if not request:
        return
    old = event_requests.delete().where(event_requests.c.at < now - KEPT_FOR)
    await connection.execute(old)
    row = {"request": request, "event": event, "number": number, "at": now}
    await connection.execute(event_requests.insert().values(row))


async def find_done(database: Database, request: str) -> Done | None:
    """Return what a request has done already; None: nothing."""
    query = sa.select(event_requests).where(event_requests.c.request == request)
    async with database.read() as connection:
        row = (await connection.execute(query)).one_or_none()
    return None if row is None else Done(row.event, row.number)
