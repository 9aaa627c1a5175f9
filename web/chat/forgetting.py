"""Deleting what a visitor wrote, for good, and telling which pictures are still shown."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from sqlalchemy import delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from web.chat.store import Message, load, seen
from web.chat.tables import messages, pictures, visitors

AT_ONCE = 500


async def delete_visitor(connection: AsyncConnection, room: str, visitor: str) -> list[Message]:
    """Delete a visitor's messages in a room with all answers; return those that were to be seen.

    What others wrote in reply stays, as a message of its own.
    """
    written = select(messages.c.id).where(messages.c.room == room, messages.c.author == visitor)
    ids = [row.id for row in await connection.execute(written)]
    removed: list[Message] = []
    for start in range(0, len(ids), AT_ONCE):
        page = ids[start : start + AT_ONCE]
        removed += await load(connection, seen(room).where(messages.c.id.in_(page)))
        answers = select(messages.c.id).where(
            messages.c.author.is_(None), messages.c.reply_to.in_(page)
        )
        gone = [*page, *(row.id for row in await connection.execute(answers))]
        loose = update(messages).values(reply_to=None)
        await connection.execute(loose.where(messages.c.reply_to.in_(gone)))
        await connection.execute(delete(pictures).where(pictures.c.message.in_(gone)))
        await connection.execute(delete(messages).where(messages.c.id.in_(gone)))
    elsewhere = select(messages.c.id).where(messages.c.author == visitor).limit(1)
    if (await connection.execute(elsewhere)).first() is None:
        await connection.execute(delete(visitors).where(visitors.c.id == visitor))
    return removed


async def shown_pictures(connection: AsyncConnection, names: Sequence[str]) -> set[str]:
    """Return those of the picture files that messages which are not hidden show."""
    found: set[str] = set()
    for start in range(0, len(names), AT_ONCE):
        await asyncio.sleep(0)  # see `request/kept/files.py`
        query = (
            select(pictures.c.sha256)
            .join(messages, pictures.c.message == messages.c.id)
            .where(
                pictures.c.sha256.in_(names[start : start + AT_ONCE]), messages.c.hidden.is_(False)
            )
        )
        found.update(row.sha256 for row in await connection.execute(query))
    return found
