"""Who serves which account: leases with fences.

The holder alone listens, resolves, submits and replies for an account. Each taking of a lease
raises its fence; a write that carries an older fence is refused by `guard`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import LeaseLost
from request.kept.tables import leases

log = structlog.get_logger()

LASTS = 60.0
"""Seconds a lease lasts without being renewed."""
RENEWED_EVERY = 15.0


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to serve an account."""

    name: str
    owner: str
    fence: int


_HELD = (
    sa.select(leases.c.owner, leases.c.fence)
    .where(leases.c.name == sa.bindparam("account"))
    .with_for_update(read=True)
)
"""Statements that run for every request are put together once: it costs more than to run them."""


async def guard(connection: AsyncConnection, lease: Lease) -> None:
    """Hold the lease for the rest of the transaction. Raises LeaseLost if it is not ours."""
    row = (await connection.execute(_HELD, {"account": lease.name})).one_or_none()
    if row is None or row.fence != lease.fence:
        raise LeaseLost(name=lease.name, owner=row.owner if row is not None else "nobody")


class Leases:
    """The leases of one instance."""

    def __init__(
        self,
        database: Database,
        owner: str,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._owner = owner
        self._now = now
        self._monotonic = monotonic
        self._until: dict[str, tuple[float, float]] = {}
        """Until when each is ours, by the clock and by what never jumps."""
        self._fences: dict[str, int] = {}
        self._seen: dict[str, tuple[int, float, float]] = {}
        """Fence and end of a stranger's, and since when we know it so, by what never jumps."""

    async def take(self, name: str) -> Lease | None:
        """Take the lease of an account; None while another instance holds it.

        An instance takes back its own at once, with a new fence: its earlier self is dead. But
        one that has lost it to its own name has a living twin, and waits like a stranger. What was
        not renewed for as long as a lease lasts is free, whatever the clock of its holder said.
        """
        now, since = self._now(), self._monotonic()
        values = {"owner": self._owner, "until": now + LASTS}
        try:
            async with self._database.write() as connection:
                query = sa.select(leases).where(leases.c.name == name).with_for_update()
                row = (await connection.execute(query)).one_or_none()
                if row is not None and not self._is_ours(row) and self._is_held(row, now):
                    return None
                fence = 1 if row is None else row.fence + 1
                change = (
                    leases.insert().values(name=name)
                    if row is None
                    else leases.update().where(leases.c.name == name)
                )
                await connection.execute(change.values(fence=fence, **values))
        except IntegrityError:  # another instance inserted it at the same moment
            return None
        self._until[name], self._fences[name] = (now + LASTS, since + LASTS), fence
        return Lease(name, self._owner, fence)

    def _is_ours(self, row: sa.Row[Any]) -> bool:
        held = self._fences.get(row.name, row.fence)
        return bool(row.owner == self._owner and row.fence == held)

    def _is_held(self, row: sa.Row[Any], now: float) -> bool:
        """Tell whether a stranger's lease may still be renewed."""
        if row.until <= now:
            return False
        fence, until, since = self._seen.get(row.name, (0, 0.0, 0.0))
        if (fence, until) != (row.fence, row.until):
            if row.fence != fence and row.until - now > 2 * LASTS:
                ahead = round(row.until - now - LASTS)
                log.warning("clocks_disagree", account=row.name, owner=row.owner, ahead=ahead)
            self._seen[row.name] = row.fence, row.until, self._monotonic()
            return True
        return self._monotonic() - since < LASTS

    async def renew(self, lease: Lease) -> None:
        """Keep the lease for another `LASTS` seconds. Raises LeaseLost."""
        now, since = self._now(), self._monotonic()
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(
                leases.update().where(leases.c.name == lease.name).values(until=now + LASTS)
            )
        self._until[lease.name] = now + LASTS, since + LASTS

    async def release(self, lease: Lease) -> None:
        """Give the lease back, so that another instance need not wait for its end."""
        async with self._database.write() as connection:
            await connection.execute(
                leases.update()
                .where(leases.c.name == lease.name, leases.c.fence == lease.fence)
                .values(until=0.0)
            )
        self._until.pop(lease.name, None)

    def outlives(self, lease: Lease, seconds: float) -> bool:
        """Tell whether the lease is sure to be ours for that long."""
        until, end = self._until.get(lease.name, (0.0, 0.0))
        return min(until - self._now(), end - self._monotonic()) > seconds
