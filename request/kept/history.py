"""What an operator may look up of requests: which there are, and all of the life of one.

Words of private requests are left out unless they are asked for; what an adapter keeps for itself
(tokens among it) is never handed out.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from common.database import Database
from common.model import Audience, Incoming
from request.kept import encoding
from request.kept.queries import ID_LENGTH
from request.kept.records import OPEN_STATES, JobRow, PictureRow, RequestRow, RequestState
from request.kept.rows import job_of, picture_of, request_of
from request.kept.tables import jobs, pictures, posts, requests


@dataclass(frozen=True, slots=True)
class Wish:
    """Which requests are listed; what is left open matches all."""

    account: str | None = None
    states: tuple[RequestState, ...] = ()
    person: str | None = None
    """The platform's id."""
    since: float | None = None
    """Unix time at which it was written down, or later."""
    most: int = 50


@dataclass(frozen=True, slots=True)
class PostLine:
    """A post of an answer."""

    part: int
    state: str
    platform_id: str | None
    pictures: tuple[int, ...]
    changed: float


@dataclass(frozen=True, slots=True)
class Life:
    """All that is known of a request."""

    request: RequestRow
    changed: float
    """Unix time of the last change."""
    jobs: tuple[JobRow, ...] = ()
    pictures: tuple[PictureRow, ...] = ()
    posts: tuple[PostLine, ...] = ()

    @property
    def private(self) -> bool:
        """Whether only the asker and the bot know its words."""
        return is_private(self.request.incoming, self.request.parsed)


class History:
    """The requests of all accounts, for those who keep the bots running."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def find(self, wish: Wish) -> list[Life]:
        """Return the newest requests that match, without their jobs and posts."""
        query = sa.select(requests).order_by(requests.c.created.desc(), requests.c.id)
        if wish.account is not None:
            query = query.where(requests.c.account == wish.account)
        if wish.states:
            query = query.where(requests.c.state.in_(wish.states))
        if wish.person is not None:
            query = query.where(requests.c.person == encoding.storable(wish.person)[:ID_LENGTH])
        if wish.since is not None:
            query = query.where(requests.c.created >= wish.since)
        async with self._database.read() as connection:
            rows = await connection.execute(query.limit(wish.most))
            return [Life(request_of(row), row.changed) for row in rows]

    async def life(self, request_id: str) -> Life | None:
        """Return all of one request; None if there is none of that id."""
        mine = sa.select(jobs).where(jobs.c.request == request_id).order_by(jobs.c.number)
        made = (
            sa.select(pictures)
            .join(jobs, jobs.c.id == pictures.c.job)
            .where(pictures.c.request == request_id)
            .order_by(jobs.c.number, pictures.c.id)
        )
        told = sa.select(posts).where(posts.c.request == request_id).order_by(posts.c.part)
        async with self._database.read() as connection:
            query = sa.select(requests).where(requests.c.id == request_id)
            row = (await connection.execute(query)).one_or_none()
            if row is None:
                return None
            return Life(
                request_of(row),
                row.changed,
                jobs=tuple(map(job_of, await connection.execute(mine))),
                pictures=tuple(map(picture_of, await connection.execute(made))),
                posts=tuple(map(_post, await connection.execute(told))),
            )

    async def count(self) -> dict[tuple[str, str], int]:
        """Return how many requests are kept, by account and state."""
        query = sa.select(requests.c.account, requests.c.state, sa.func.count()).group_by(
            requests.c.account, requests.c.state
        )
        async with self._database.read() as connection:
            return {(row[0], row[1]): row[2] for row in await connection.execute(query)}

    async def count_jobs(self, accounts: Collection[str]) -> dict[str, int]:
        """Return how many jobs of open requests of these accounts there are, by their state."""
        query = (
            sa.select(jobs.c.state, sa.func.count())
            .join(requests, requests.c.id == jobs.c.request)
            .where(requests.c.account.in_(accounts), requests.c.state.in_(OPEN_STATES))
            .group_by(jobs.c.state)
        )
        async with self._database.read() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}


def is_private(incoming: Incoming, parsed: dict[str, Any] | None) -> bool:
    """Tell whether the words of a request are only for the asker and the bot."""
    return incoming.audience is Audience.PRIVATE or bool((parsed or {}).get("private"))


def _post(row: sa.Row[Any]) -> PostLine:
    shown: Sequence[int] = row.pictures
    return PostLine(row.part, row.state, row.platform_id, tuple(shown), row.changed)
