"""Who wants to hear nothing of the bot, and forgetting people. Every write carries the lease."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from request.kept import encoding, files
from request.kept.leases import Lease, guard
from request.kept.marks import Marks
from request.kept.queries import ID_LENGTH
from request.kept.tables import (
    forgotten_events,
    people,
    pictures,
    preferences,
    reports,
    requests,
    spending,
)

ASKED = "asked "
"""How what is remembered begins, of a person who asked within the last hour; a number follows."""
HOUR, DAY = 3600.0, 24 * 3600.0
MARKS_LAST = 365 * DAY
"""Seconds for which an event that is forgotten is known again. What a platform tells of later is
not answered either, for it is too old."""
MOST_LOOKED_AT = 10_000
"""Newest requests of a community among which a name is looked for."""
AT_ONCE = 200
"""Requests deleted in one transaction."""

# put together once, as they run for every request
_REMEMBERED = sa.select(people.c.at).where(
    people.c.mark == sa.bindparam("mark"), people.c.what == sa.bindparam("what")
)
_STANDING = sa.select(people).where(
    people.c.mark.in_((sa.bindparam("everywhere"), sa.bindparam("here")))
)
_CENSORED = (
    sa.select(requests.c.created)
    .select_from(pictures.join(requests, pictures.c.request == requests.c.id))
    .where(
        requests.c.account == sa.bindparam("account"),
        requests.c.person == sa.bindparam("person"),
        requests.c.created >= sa.bindparam("since"),
        pictures.c.censored,
    )
    .order_by(requests.c.created)
)


class Wish(StrEnum):
    """What is remembered of a person, by a mark."""

    STOPPED = "stopped"
    """They said `stop`: they are not answered until they say `start`."""
    BANNED = "banned"
    """The operator, or the moderators of a community, let them ask no more."""
    SHARES = "share always"
    """Their pictures may be shown in the showcase."""
    SHARES_IF_ASKED = "share ask"
    """They want to be asked about it with each answer."""
    RESTS = "rests"
    """They have to wait: their pictures came back censored again and again; `at` is until when."""


SHARING_MODES = {"always": Wish.SHARES, "ask": Wish.SHARES_IF_ASKED, "never": None}
"""What of a person's pictures is shown, as they say it, and how it is remembered."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What keeps a person from asking."""

    banned: bool
    """By the operator."""
    banned_here: bool
    """By the moderators of the community."""
    rests_until: float
    """Unix time; 0.0 if nothing was kept of it."""
    asked: tuple[float, ...] = ()
    """When they asked for what is forgotten since, oldest first."""


@dataclass
class Asker:
    """Somebody who asked for pictures lately."""

    person: str
    """The platform's id."""
    name: str
    requests: int
    censored: int
    """Pictures that came back censored."""
    banned: bool


class People:
    """What is kept of people beside their requests."""

    def __init__(
        self, database: Database, marks: Marks, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now

    async def has(self, wish: Wish, account: str, person: str) -> bool:
        """Tell whether something is remembered of a person."""
        mark = self._marks.person(account, person)
        async with self._database.read() as connection:
            return await self._has(connection, mark, wish)

    async def _has(self, connection: AsyncConnection, mark: str, wish: Wish) -> bool:
        asked = {"mark": mark, "what": wish}
        return (await connection.execute(_REMEMBERED, asked)).first() is not None

    async def sharing(self, account: str, person: str) -> str:
        """Return what of a person's pictures is shown: one of SHARING_MODES."""
        for mode, wish in SHARING_MODES.items():
            if wish is not None and await self.has(wish, account, person):
                return mode
        return "never"

    async def remember(self, lease: Lease, wish: Wish, person: str) -> None:
        """Remember something of a person on the lease's account."""
        await self._remember(lease, wish, person, at=self._now())

    async def _remember(self, lease: Lease, wish: Wish, person: str, *, at: float) -> None:
        mark = self._marks.person(lease.name, person)
        with suppress(IntegrityError):  # they said so twice, at the same moment
            async with self._database.write() as connection:
                await guard(connection, lease)
                await _note(connection, mark, wish, at)

    async def unremember(self, lease: Lease, wish: Wish, person: str) -> None:
        """Forget something that was remembered of a person."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(_of(self._marks.person(lease.name, person), wish))

    async def ban(self, account: str, person: str, community: str | None = None) -> None:
        """Let a person ask no more, in one community or in all.

        The operator's or a moderator's own word: it needs no lease.
        """
        mark = self._mark_of(account, person, community)
        with suppress(IntegrityError):  # two moderators, at the same moment
            async with self._database.write() as connection:
                await _note(connection, mark, Wish.BANNED, self._now())

    async def unban(self, account: str, person: str, community: str | None = None) -> bool:
        """Let a person ask again, where such a ban held; return whether one did."""
        mark = self._mark_of(account, person, community)
        async with self._database.write() as connection:
            return bool((await connection.execute(_of(mark, Wish.BANNED))).rowcount)

    async def is_banned(self, account: str, person: str, community: str | None = None) -> bool:
        """Tell whether a ban of that kind holds: of one community, or of all."""
        mark = self._mark_of(account, person, community)
        async with self._database.read() as connection:
            return await self._has(connection, mark, Wish.BANNED)

    async def standing(self, account: str, person: str, community: str) -> Standing:
        """Return what keeps a person from asking in a community."""
        everywhere = self._marks.person(account, person)
        here = self._marks.member(account, community, person)
        async with self._database.read() as connection:
            rows = await connection.execute(_STANDING, {"everywhere": everywhere, "here": here})
            found = {(row.mark, row.what): row.at for row in rows}
        return Standing(
            banned=(everywhere, Wish.BANNED) in found,
            banned_here=(here, Wish.BANNED) in found,
            rests_until=found.get((everywhere, Wish.RESTS), 0.0),
            asked=tuple(sorted(at for (_, what), at in found.items() if what.startswith(ASKED))),
        )

    def _mark_of(self, account: str, person: str, community: str | None) -> str:
        if community is None:
            return self._marks.person(account, person)
        return self._marks.member(account, community, person)

    async def named(self, account: str, community: str, words: str) -> set[str]:
        """Return the ids of those people of a community who are called so, by name or id."""
        wanted = words.casefold().removeprefix("@").removeprefix("u/")
        query = (
            sa.select(requests.c.person, requests.c.incoming)
            .where(
                requests.c.account == account,
                requests.c.community == encoding.storable(community)[:ID_LENGTH],
            )
            .order_by(requests.c.created.desc(), requests.c.id.desc())
            .limit(MOST_LOOKED_AT)
        )
        found = set()
        async with self._database.read() as connection:
            for row in await connection.execute(query):
                person = row.incoming["person"]
                if wanted in {str(person["id"]).casefold(), str(person["name"]).casefold()}:
                    found.add(str(person["id"]))
        return found

    async def rest(self, lease: Lease, person: str, until: float) -> None:
        """Let a person wait until then, whatever is forgotten of them."""
        await self._remember(lease, Wish.RESTS, person, at=until)

    async def recent(self, account: str, *, most: int) -> list[Asker]:
        """Return who asked for pictures, as far as it is kept; most censored ones first."""
        censored = sa.func.coalesce(sa.func.sum(sa.case((pictures.c.censored, 1), else_=0)), 0)
        query = (
            sa.select(
                requests.c.person,
                sa.func.count(sa.distinct(requests.c.id)).label("asked"),
                censored.label("censored"),
                sa.func.max(requests.c.id).label("one"),
            )
            .select_from(requests.outerjoin(pictures, pictures.c.request == requests.c.id))
            .where(requests.c.account == account, requests.c.parsed.is_not(None))
            .group_by(requests.c.person)
            .order_by(censored.desc(), sa.desc("asked"), requests.c.person)
            .limit(most)
        )
        found, communities = [], []
        async with self._database.read() as connection:
            for row in (await connection.execute(query)).all():
                one = sa.select(requests.c.incoming).where(requests.c.id == row.one)
                incoming = (await connection.execute(one)).scalar_one()
                name = str(incoming["person"]["name"])
                found.append(Asker(row.person, name, row.asked, int(row.censored), banned=False))
                communities.append(str(incoming["place"]["community"]))
        for asker, community in zip(found, communities, strict=True):
            everywhere = await self.is_banned(account, asker.person)
            asker.banned = everywhere or await self.is_banned(account, asker.person, community)
        return found

    async def censored(self, account: str, person: str, *, since: float) -> list[float]:
        """Return when the pictures were asked for that came back censored since then.

        One time for each picture, oldest first.
        """
        asked = {
            "account": account,
            "person": encoding.storable(person)[:ID_LENGTH],
            "since": since,
        }
        async with self._database.read() as connection:
            return [row.created for row in await connection.execute(_CENSORED, asked)]

    async def forget(self, lease: Lease, person: str) -> list[str]:
        """Delete all requests of a person on the lease's account, with their jobs and posts.

        What is being answered right now is deleted too. Returns the names of the picture files
        that belonged to them; marks keep their events from being answered again.
        """
        stored = encoding.storable(person)[:ID_LENGTH]
        mark = self._marks.person(lease.name, person)
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(reports.delete().where(reports.c.person == mark))
            await connection.execute(preferences.delete().where(preferences.c.mark == mark))
            for wish in (Wish.SHARES, Wish.SHARES_IF_ASKED):
                await connection.execute(_of(mark, wish))
            await self._keep_times(connection, lease, stored, mark)
        theirs = sa.select(requests).where(
            requests.c.account == lease.name, requests.c.person == stored
        )
        return await self._delete(theirs, lease)

    async def _keep_times(
        self, connection: AsyncConnection, lease: Lease, person: str, mark: str
    ) -> None:
        """Keep when somebody asked within the last hour: it still counts if they are forgotten."""
        since = self._now() - HOUR
        asked = sa.select(requests.c.created).where(
            requests.c.account == lease.name,
            requests.c.person == person,
            requests.c.parsed.is_not(None),
            requests.c.created >= since,
        )
        kept = (people.c.mark == mark) & people.c.what.startswith(ASKED)
        before = sa.select(people.c.at).where(kept, people.c.at >= since)
        times = {row.created for row in await connection.execute(asked)}
        times.update(row.at for row in await connection.execute(before))
        await connection.execute(people.delete().where(kept))
        if times:
            rows = [
                {"mark": mark, "what": f"{ASKED}{number}", "at": at}
                for number, at in enumerate(sorted(times))
            ]
            await connection.execute(people.insert(), rows)

    async def leave_nothing(self, lease: Lease, request_id: str) -> None:
        """Delete a request that names other people; a mark keeps it from being answered again."""
        one = sa.select(requests).where(
            requests.c.account == lease.name, requests.c.id == request_id
        )
        await self._delete(one, lease)

    async def prune(self, lease: Lease, *, older_than: float, states: Sequence[str]) -> list[str]:
        """Delete the requests of the lease's account in these states that changed before then."""
        old = sa.select(requests).where(
            requests.c.account == lease.name,
            requests.c.state.in_(states),
            requests.c.changed < older_than,
        )
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(
                spending.delete().where(
                    spending.c.account == lease.name,
                    spending.c.at < min(older_than, self._now() - DAY),
                )
            )
            late = forgotten_events.c.at < self._now() - MARKS_LAST
            await connection.execute(forgotten_events.delete().where(late))
            over = (people.c.what == Wish.RESTS) & (people.c.at < self._now())
            asked = people.c.what.startswith(ASKED) & (people.c.at < self._now() - HOUR)
            await connection.execute(people.delete().where(over | asked))
        return await self._delete(old, lease)

    async def _delete(self, rows: sa.Select[Any], lease: Lease) -> list[str]:
        """Delete requests page by page; return the names of their picture files."""
        names: set[str] = set()
        while True:
            async with self._database.write() as connection:
                await guard(connection, lease)
                page = (await connection.execute(rows.limit(AT_ONCE))).all()
                if not page:
                    return sorted(names)
                ids = [row.id for row in page]
                names.update(await files.named(connection, ids))
                await self._mark(connection, [row.event_key for row in page])
                await connection.execute(requests.delete().where(requests.c.id.in_(ids)))

    async def _mark(self, connection: AsyncConnection, event_keys: Sequence[str]) -> None:
        marks = {self._marks.event(key) for key in event_keys}
        known = sa.select(forgotten_events.c.mark).where(forgotten_events.c.mark.in_(marks))
        new = marks - {row.mark for row in await connection.execute(known)}
        if new:
            values = [{"mark": mark, "at": self._now()} for mark in new]
            await connection.execute(forgotten_events.insert(), values)


async def _note(connection: AsyncConnection, mark: str, wish: Wish, at: float) -> None:
    await connection.execute(_of(mark, wish))
    await connection.execute(people.insert().values({"mark": mark, "what": wish, "at": at}))


def _of(mark: str, wish: Wish) -> sa.Delete:
    return people.delete().where(people.c.mark == mark, people.c.what == wish)
