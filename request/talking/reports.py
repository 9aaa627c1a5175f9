"""What moderators look at: reports of answers, and what was asked in a place."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from common.database import Database
from common.model import Audience
from request.kept import encoding
from request.kept.leases import Lease, guard
from request.kept.marks import Marks
from request.kept.queries import ID_LENGTH
from request.kept.records import RequestRow
from request.kept.rows import request_of
from request.kept.tables import reports, requests

REASON_LENGTH = 500
MOST = 1000
"""Reports looked at."""
REFUSED_FOR_WORDS = ("refused.minors", "refused.blocked")
"""Codes of the refusals that moderators see beside what was made."""


@dataclass(frozen=True, slots=True)
class Report:
    """What somebody said of an answer. Who they are stays unknown: only a keyed hash is kept."""

    request: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Logged:
    """A request as moderators see it."""

    request: RequestRow
    reports: tuple[str, ...]
    """The reasons given, "" where there was none."""

    @property
    def words(self) -> str | None:
        """What was asked for; None for what was asked in private."""
        parsed, incoming = self.request.parsed or {}, self.request.incoming
        hidden = parsed.get("private") or (self.request.outcome or {}).get("private")
        if hidden or incoming.audience is Audience.PRIVATE:
            return None
        prompt, negative = parsed.get("prompt", ""), parsed.get("negative", "")
        return f"{prompt} ### {negative}" if negative else prompt or incoming.text


class Reports:
    """Reports of answers, and the log of a place."""

    def __init__(
        self, database: Database, marks: Marks, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now

    async def add(self, lease: Lease, request: RequestRow, person: str, reason: str) -> int:
        """Keep a person's latest report of an answer; return how many people reported it."""
        mark = self._marks.person(lease.name, person)
        theirs = (reports.c.request == request.id, reports.c.person == mark)
        count = sa.select(sa.func.count()).where(reports.c.request == request.id)
        try:
            async with self._database.write() as connection:
                await guard(connection, lease)
                await connection.execute(reports.delete().where(*theirs))
                await connection.execute(
                    reports.insert().values(
                        request=request.id,
                        person=mark,
                        reason=encoding.storable(reason)[:REASON_LENGTH],
                        at=self._now(),
                    )
                )
                return int((await connection.execute(count)).scalar_one())
        except IntegrityError:  # the answer is forgotten at this moment
            return 0

    async def of(self, account: str, community: str | None = None) -> list[Report]:
        """Return the reports of an account's answers, or of one community's, newest first."""
        query = (
            sa.select(reports)
            .join(requests, requests.c.id == reports.c.request)
            .where(requests.c.account == account)
            .order_by(reports.c.at.desc(), reports.c.id.desc())
            .limit(MOST)
        )
        if community is not None:
            query = query.where(requests.c.community == encoding.storable(community)[:ID_LENGTH])
        async with self._database.read() as connection:
            rows = await connection.execute(query)
            return [Report(row.request, row.reason, row.at) for row in rows]

    async def log(
        self, account: str, community: str | None, *, since: float, most: int
    ) -> list[Logged]:
        """Return what was asked in a community (or anywhere) since then, newest first.

        What was refused for its words is there too; questions and commands are not.
        """
        query = sa.select(requests).where(
            requests.c.account == account,
            requests.c.created >= since,
            requests.c.parsed.is_not(None)
            | requests.c.outcome["code"].as_string().in_(REFUSED_FOR_WORDS),
        )
        if community is not None:
            query = query.where(requests.c.community == encoding.storable(community)[:ID_LENGTH])
        async with self._database.read() as connection:
            newest = query.order_by(requests.c.created.desc(), requests.c.id.desc()).limit(most)
            rows = [request_of(row) for row in await connection.execute(newest)]
        said: dict[str, list[str]] = {}
        for report in await self.of(account, community):
            said.setdefault(report.request, []).append(report.reason)
        return [Logged(row, tuple(said.get(row.id, ()))) for row in rows]
