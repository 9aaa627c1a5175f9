"""Which answers are shown in which showcase: written down before and after each step.

A copy is intended by whoever serves the asker's account, and posted and taken down by whoever
serves the account it is posted from. A row outlives the request, since the copy does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.database import Database
from request.kept import encoding
from request.kept.leases import Lease, guard
from request.kept.marks import Marks
from request.kept.queries import ID_LENGTH
from request.kept.records import RequestRow
from request.kept.tables import copies, holds

MOST_AT_ONCE = 20
LEFT_FOR = 7 * 24 * 3600.0
"""Seconds for which a copy waits for an account to be served."""


class CopyState(StrEnum):
    """Where a copy stands. When it is taken down, or never can be posted, its row is deleted."""

    INTENDED = "intended"
    """To be posted; with `tries` it may be there already."""
    POSTED = "posted"
    REMOVING = "removing"
    """To be taken down; without `post` and with `tries` it has to be looked for first."""


@dataclass(frozen=True, slots=True)
class Target:
    """A place where answers are shown."""

    account: str
    to: str
    pause: float
    """Seconds between two answers there."""


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy as stored."""

    id: int
    request: str
    target: str
    state: CopyState
    post: str | None
    link: str | None
    tries: int


class Copies:
    """The copies of all accounts."""

    def __init__(
        self, database: Database, marks: Marks, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now

    async def intended(
        self, lease: Lease, request: RequestRow, targets: Sequence[Target], link: str | None
    ) -> bool:
        """Note where an answer is to be shown; False if it is just being taken down somewhere."""
        known = sa.select(copies.c.account, copies.c.target, copies.c.state).where(
            copies.c.request == request.id
        )
        now = self._now()
        common = {
            "request": request.id,
            "source": lease.name,
            "person": self._marks.person(lease.name, request.incoming.person.id),
            "state": CopyState.INTENDED,
            "link": link,
            "tries": 0,
            "due": now,
            "changed": now,
        }
        try:
            async with self._database.write() as connection:
                await guard(connection, lease)
                rows = (await connection.execute(known)).all()
                there = {(row.account, row.target) for row in rows}
                new = [
                    {**common, "account": one.account, "target": one.to}
                    for one in targets
                    if (one.account, one.to) not in there
                ]
                if new:
                    await connection.execute(copies.insert(), new)
        except IntegrityError:  # somebody wrote it down at the same moment
            return True
        return all(row.state != CopyState.REMOVING for row in rows)

    async def taken_back(
        self,
        lease: Lease,
        *,
        request: str | None = None,
        person: str | None = None,
        waiting: bool = False,
    ) -> int:
        """Have copies taken down: those of a request, or of a person on the lease's account.

        `waiting`: only those that are not posted yet. Returns of how many answers.
        """
        meant = [copies.c.source == lease.name, copies.c.state != CopyState.REMOVING]
        if request is not None:
            meant.append(copies.c.request == request)
        if person is not None:
            meant.append(copies.c.person == self._marks.person(lease.name, person))
        if waiting:
            meant.append(copies.c.state == CopyState.INTENDED)
        now = self._now()
        change = copies.update().where(*meant).returning(copies.c.request)
        async with self._database.write() as connection:
            await guard(connection, lease)
            values = {"state": CopyState.REMOVING, "due": now, "changed": now}
            rows = (await connection.execute(change.values(values))).all()
        return len({row.request for row in rows})

    async def due(self, account: str) -> list[Copy]:
        """Return what is to be posted from an account or taken down now, oldest first."""
        query = (
            sa.select(copies)
            .where(
                copies.c.account == account,
                copies.c.state != CopyState.POSTED,
                copies.c.due <= self._now(),
            )
            .order_by(copies.c.due, copies.c.id)
            .limit(MOST_AT_ONCE)
        )
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [
            Copy(
                row.id, row.request, row.target, CopyState(row.state), row.post, row.link, row.tries
            )
            for row in rows
        ]

    async def posted_last(self, account: str, target: str) -> float:
        """Return when something was last posted there (Unix time); 0.0 if nothing is shown."""
        query = sa.select(sa.func.max(copies.c.changed)).where(
            copies.c.account == account,
            copies.c.target == target,
            copies.c.state == CopyState.POSTED,
            copies.c.changed <= self._now(),  # later if the clock was put back since
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one() or 0.0

    async def tried(self, lease: Lease, copy: Copy, holding: Sequence[str] = ()) -> None:
        """Note that a copy is about to be posted or taken down.

        `holding` are the picture files that stay as long as it is shown.
        """
        rows = [{"copy": copy.id, "sha256": name} for name in dict.fromkeys(holding)]
        async with self._database.write() as connection:
            await guard(connection, lease)
            mine = copies.c.id == copy.id
            await connection.execute(copies.update().where(mine).values(tries=copy.tries + 1))
            if rows:
                await connection.execute(holds.delete().where(holds.c.copy == copy.id))
                await connection.execute(holds.insert(), rows)

    async def held(self, copy: Copy) -> list[str]:
        """Return the names of the picture files that stay for a copy."""
        query = sa.select(holds.c.sha256).where(holds.c.copy == copy.id)
        async with self._database.read() as connection:
            return [row.sha256 for row in await connection.execute(query)]

    async def put_off(self, lease: Lease, copy: Copy, seconds: float) -> None:
        """Note that a copy is taken up again later."""
        same = (copies.c.id == copy.id) & (copies.c.state == copy.state)
        await self._change(lease, same, due=self._now() + seconds)

    async def posted(self, lease: Lease, copy: Copy, post: str) -> None:
        """Note where a copy is; one that was taken back meanwhile still is to be taken down."""
        post = encoding.storable(post)[:ID_LENGTH]
        async with self._database.write() as connection:
            await guard(connection, lease)
            mine = copies.c.id == copy.id
            await connection.execute(copies.update().where(mine).values(post=post))
            still = mine & (copies.c.state == CopyState.INTENDED)
            values = {"state": CopyState.POSTED, "changed": self._now()}
            await connection.execute(copies.update().where(still).values(values))

    async def ended(self, lease: Lease, copy: Copy) -> None:
        """Delete a row of which nothing is to be done any more, unless it was taken back."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(
                copies.delete().where(copies.c.id == copy.id, copies.c.state == copy.state)
            )

    async def tidied(self, lease: Lease) -> None:
        """Delete what was left to accounts that nobody has served for long: it is not posted."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(
                copies.delete().where(
                    copies.c.source == lease.name,
                    copies.c.state != CopyState.POSTED,
                    copies.c.tries == 0,
                    copies.c.changed < self._now() - LEFT_FOR,
                )
            )

    async def _change(self, lease: Lease, which: sa.ColumnElement[bool], **values: float) -> None:
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(copies.update().where(which).values(**values))
