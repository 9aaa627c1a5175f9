"""People's own defaults: kept by a mark of the person, until unset or the person is forgotten."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from typing import Any

import sqlalchemy as sa

from common.database import Database
from request.kept.leases import Lease, guard
from request.kept.marks import Marks
from request.kept.tables import preferences
from styles.resolving.preferences import NONE, Preferences

_OF = sa.select(preferences.c.preferences).where(preferences.c.mark == sa.bindparam("who"))
"""Put together once, as it runs for every request."""


class PreferenceStore:
    """Reads and changes them."""

    def __init__(
        self, database: Database, marks: Marks, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now
        self._changing = asyncio.Lock()

    async def of(self, account: str, person: str) -> Preferences:
        """Return what somebody has set on an account."""
        mark = self._marks.person(account, person)
        async with self._database.read() as connection:
            kept = (await connection.execute(_OF, {"who": mark})).scalar_one_or_none()
        return NONE if kept is None else _read(kept)

    async def change(self, lease: Lease, person: str, **changes: Any) -> Preferences:
        """Set some of them ("" or None unsets one) and return all."""
        mark = self._marks.person(lease.name, person)
        async with self._changing, self._database.write() as connection:
            await guard(connection, lease)
            kept = (await connection.execute(_OF, {"who": mark})).scalar_one_or_none()
            new = replace(NONE if kept is None else _read(kept), **changes)
            await connection.execute(preferences.delete().where(preferences.c.mark == mark))
            if new != NONE:
                values = {name: value for name, value in asdict(new).items() if value}
                row = {"mark": mark, "preferences": values, "changed": self._now()}
                await connection.execute(preferences.insert().values(row))
        return new


def _read(kept: Mapping[str, Any]) -> Preferences:
    """Return what was kept; what a later version added is not looked at."""
    pairs = {name: tuple(kept[name]) for name in ("ratio", "size") if kept.get(name)}
    return Preferences(style=kept.get("style", ""), model=kept.get("model", ""), **pairs)
