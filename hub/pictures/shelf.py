"""Which pictures lie in the folder, and since when."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from common.database import Database
from hub.tables import PICTURES

PICTURE_SECONDS = 120 * 60


async def picture_stored(database: Database, name: str, now: float) -> None:
    """Remember since when a picture lies in the folder."""
    async with database.write() as connection:
        await connection.execute(PICTURES.delete().where(PICTURES.c.name == name))
        await connection.execute(PICTURES.insert().values(name=name, stored=now))


async def pictures_adopted(database: Database, names: Sequence[str], now: float) -> None:
    """Count the age of files a crash left without a row from now on."""
    async with database.write() as connection:
        known = set(await connection.scalars(sa.select(PICTURES.c.name)))
        for name in set(names) - known:
            await connection.execute(PICTURES.insert().values(name=name, stored=now))


async def pictures_aged(database: Database, now: float) -> list[str]:
    """Return the names of pictures that have lain two hours."""
    async with database.read() as connection:
        return list(
            await connection.scalars(
                sa.select(PICTURES.c.name).where(PICTURES.c.stored < now - PICTURE_SECONDS)
            )
        )


async def pictures_deleted(database: Database, names: Sequence[str]) -> None:
    """Forget pictures whose files are gone."""
    async with database.write() as connection:
        await connection.execute(PICTURES.delete().where(PICTURES.c.name.in_(names)))
