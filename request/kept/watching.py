"""What was asked lately, to be looked at again where a platform does not tell of deletions."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import sqlalchemy as sa

from common.database import Database
from common.model import Incoming, IncomingKind
from request.kept.records import OPEN_STATES
from request.kept.rows import request_of
from request.kept.tables import posts, requests

LOOKED_BACK = 24 * 3600.0
"""Seconds for which an answer follows its request."""
MOST = 200
"""Newest requests that are looked at."""


class Watch:
    """The requests of an account that wait for their answer, or have one that is still there."""

    def __init__(
        self, database: Database, account: str, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._account = account
        self._now = now
        self._turn = 0

    async def next(self, most: int) -> list[Incoming]:
        """Return what to look at now: what waits first, then the answered, by turns.

        Each is the deletion it would be, to be yielded if the post is found gone.
        """
        answered = sa.exists().where(posts.c.request == requests.c.id, posts.c.state == "posted")
        query = (
            sa.select(requests)
            .where(
                requests.c.account == self._account,
                requests.c.created > self._now() - LOOKED_BACK,
                sa.or_(requests.c.state.in_(OPEN_STATES), answered),
            )
            .order_by(requests.c.created.desc(), requests.c.id.desc())
            .limit(MOST)
        )
        async with self._database.read() as connection:
            rows = [request_of(row) for row in await connection.execute(query)]
        waiting = [row.incoming for row in rows if row.state in OPEN_STATES]
        done = [row.incoming for row in rows if row.state not in OPEN_STATES]
        room = max(0, most - len(waiting))
        self._turn = self._turn if self._turn < len(done) else 0
        looked_at = [*waiting[:most], *done[self._turn : self._turn + room]]
        self._turn += room
        return [replace(one, kind=IncomingKind.DELETION, cursor=None) for one in looked_at]

    async def gone(
        self, most: int, is_gone: Callable[[Incoming], Awaitable[bool]]
    ) -> list[Incoming]:
        """Look at so many; return the deletions of those that are gone."""
        return [one for one in await self.next(most) if await is_gone(one)]
