"""How far a platform's list of what people wrote has been read, by account."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from request.kept.tables import cursors


class Cursors:
    """Where the catching up of an account starts.

    A cursor moves only in the transaction that writes an event down (`Store.insert_once`), so
    nothing is skipped when the process dies in between.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def read(self, account: str) -> str | None:
        """Return the position, or None before the account's first start."""
        query = sa.select(cursors.c.position).where(cursors.c.account == account)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def begin(self, account: str, position: str) -> None:
        """Set where an account starts; one that has started before stays where it is."""
        try:
            async with self._database.write() as connection:
                values = {"account": account, "position": position}
                await connection.execute(cursors.insert().values(values))
        except IntegrityError:
            return

    async def note(self, account: str, position: str) -> None:
        """Set a position that no event goes with."""
        async with self._database.write() as connection:
            await move(connection, account, position)


async def move(connection: AsyncConnection, account: str, position: str) -> None:
    """Move a cursor within a transaction that is open."""
    changed = await connection.execute(
        cursors.update().where(cursors.c.account == account).values(position=position)
    )
    if not changed.rowcount:
        values = {"account": account, "position": position}
        await connection.execute(cursors.insert().values(values))
