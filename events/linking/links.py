"""Binding a browser to accounts by a one-time code; nothing secret travels in public.

A page shows a code, the person posts it to the bot, the page says who posted it, and only when
the browser confirms that does the binding hold. So whoever posts somebody else's code binds
nothing, and a code is worth nothing to those who read it. A browser is known by the mark of its
visitor, like any other account; so links are pairs of marks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import Refusal
from events.linking.codes import make_code, read_code
from events.linking.groups import group
from events.linking.tables import horde_names, link_codes, link_tries, links
from request.kept.marks import Marks

CODE_LASTS = 600.0
"""Seconds in which a code can be posted, and then those in which it can be confirmed."""
MOST_TRIES = 5
"""Wrong codes of one person in an hour."""
TRIES_WINDOW = 3600.0
MOST_ACCOUNTS = 20
"""Accounts that one browser can be bound to, and browsers that one account can."""
NAME_LENGTH = 255
FEW = 200
"""Marks whose links are looked for; for more of them all links are read."""
MOST_IN_A_QUERY = 400


class Standing(StrEnum):
    """Where the code of a browser stands."""

    NONE = "none"
    """There is none (any more)."""
    OPEN = "open"
    """Nobody has posted it yet."""
    POSTED = "posted"
    """Somebody has; the browser has to say whether it was the person before it."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The code of a browser, and who posted it."""

    standing: Standing
    account: str = ""
    """The bot's account on which it was posted."""
    name: str = ""
    """Who posted it, as people read it."""


@dataclass(frozen=True, slots=True)
class Bound:
    """An account bound to a browser, for that browser's eyes only."""

    person: str
    """Its mark."""
    account: str
    name: str


class Links:
    """All links of all people. A person is (account, id on the platform), kept as a mark."""

    def __init__(
        self,
        database: Database,
        marks: Marks,
        *,
        now: Callable[[], float] = time.time,
        new_code: Callable[[], str] = make_code,
    ) -> None:
        self._database = database
        self._marks = marks
        self._now = now
        self._new_code = new_code

    def mark(self, account: str, person: str) -> str:
        """Return the mark under which a person is kept; a browser is one of the web room."""
        return self._marks.person(account, person)

    # --- the page ---------------------------------------------------------------------------

    async def offer(self, browser: str) -> str:
        """Return a new code for a browser; one that was open before is worth nothing now."""
        try:
            return await self._offer(browser)
        except IntegrityError:  # asked twice at the same moment: the other code is the older one
            return await self._offer(browser)

    async def _offer(self, browser: str) -> str:
        code, now = self._new_code(), self._now()
        values = {"code": self._hash(code), "until": now + CODE_LASTS, "confirmed": False}
        values |= {"person": None, "account": None, "name": None, "joined": None}
        mine = link_codes.c.browser == browser
        async with self._database.write() as connection:
            old = ~mine & (link_codes.c.until <= now)
            await connection.execute(link_codes.delete().where(old))
            done = await connection.execute(link_codes.update().where(mine).values(values))
            if not done.rowcount:
                await connection.execute(link_codes.insert().values(browser=browser, **values))
        return code

    async def claim_of(self, browser: str) -> Claim:
        """Return where the code of a browser stands."""
        async with self._database.read() as connection:
            row = (await connection.execute(self._open(browser))).one_or_none()
        if row is None:
            return Claim(Standing.NONE)
        if row.person is None:
            return Claim(Standing.OPEN)
        return Claim(Standing.POSTED, row.account, row.name)

    async def confirm(self, browser: str) -> Bound:
        """Bind the browser to the account that posted its code. Raises Refusal."""
        async with self._database.write() as connection:
            row = (await connection.execute(self._open(browser).with_for_update())).one_or_none()
            if row is None or row.person is None:
                raise Refusal("links.nothing_to_confirm")
            await _check_room(connection, browser, row.person)
            known = _pair(browser, row.person)
            await connection.execute(links.delete().where(known))
            values = {"browser": browser, "person": row.person, "at": self._now()}
            values |= {"account": row.account, "name": row.name, "joined": row.joined}
            await connection.execute(links.insert().values(values))
            used = link_codes.update().where(link_codes.c.browser == browser)
            await connection.execute(used.values(confirmed=True))
        return Bound(row.person, row.account, row.name)

    async def deny(self, browser: str) -> None:
        """Take a browser's code back: somebody else posted it, or it is not wanted any more."""
        async with self._database.write() as connection:
            await connection.execute(link_codes.delete().where(link_codes.c.browser == browser))

    async def bound(self, browser: str) -> list[Bound]:
        """Return the accounts a browser is bound to, the first one first."""
        mine = sa.select(links).where(links.c.browser == browser)
        query = mine.order_by(links.c.at, links.c.account, links.c.person)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return [Bound(row.person, row.account, row.name) for row in rows]

    async def joined(self, mark: str) -> float | None:
        """Return when the oldest account was made that a browser is bound to; None: not known."""
        oldest = sa.select(sa.func.min(links.c.joined)).where(links.c.browser == mark)
        async with self._database.read() as connection:
            at: float | None = (await connection.execute(oldest)).scalar_one()
        return at

    async def part(self, browser: str, person: str) -> None:
        """Take the link between a browser and one account (a mark) back."""
        async with self._database.write() as connection:
            await connection.execute(links.delete().where(_pair(browser, person)))

    # --- the chat ---------------------------------------------------------------------------

    async def post(
        self,
        written: str,
        *,
        account: str,
        person: str,
        name: str,
        joined: datetime | None = None,
    ) -> None:
        """Take a code that a person posted, `joined` there then. Raises Refusal: what to do.

        Posting one's own code again changes nothing; somebody else's is refused, used or not.
        """
        mark = self.mark(account, person)
        values: dict[str, Any] = {"person": mark, "account": account, "name": name[:NAME_LENGTH]}
        values["joined"] = None if joined is None else joined.timestamp()
        try:
            async with self._database.write() as connection:
                refused = await self._claim(connection, read_code(written), values)
        except IntegrityError:  # two wrong codes at the same moment
            refused = "links.unknown_code"
        if refused:
            raise Refusal(refused, minutes=round(CODE_LASTS / 60))

    async def unlink(self, account: str, person: str) -> bool:
        """Delete every link of an account, and its Horde name; return whether there was any."""
        mark = self.mark(account, person)
        async with self._database.write() as connection:
            gone = [
                await connection.execute(links.delete().where(_either(mark))),
                await connection.execute(horde_names.delete().where(horde_names.c.person == mark)),
            ]
            theirs = (link_codes.c.person == mark) | (link_codes.c.browser == mark)
            await connection.execute(link_codes.delete().where(theirs))
        return any(done.rowcount for done in gone)

    async def forget(self, account: str, person: str) -> None:
        """Delete all that is kept of an account's links. Wrong codes still count for their hour."""
        await self.unlink(account, person)

    # --- who is who -------------------------------------------------------------------------

    async def people(
        self, marks: Iterable[str], within: AsyncConnection | None = None
    ) -> dict[str, str]:
        """Return for each mark the one that stands for the person: the same for all their accounts.

        An account that is linked to nothing stands for itself. `within` is the connection of a
        transaction that asks.
        """
        wanted = set(marks)
        reading = self._database.read() if within is None else nullcontext(within)
        async with reading as connection:
            few = len(wanted) <= FEW
            pairs = await (_around(connection, wanted) if few else _all_pairs(connection))
        grouped = group(pairs)
        return {mark: grouped.get(mark, mark) for mark in wanted}

    async def linked(self) -> dict[str, str]:
        """Return for all marks that are linked to others the one that stands for the person."""
        async with self._database.read() as connection:
            return group(await _all_pairs(connection))

    # --- the Horde account ------------------------------------------------------------------

    async def name_horde(self, account: str, person: str, name: str) -> None:
        """Note under which Horde account a person is to be paid."""
        mark = self.mark(account, person)
        values = {"person": mark, "name": name, "at": self._now()}
        try:
            async with self._database.write() as connection:
                known = horde_names.c.person == mark
                await connection.execute(horde_names.delete().where(known))
                await connection.execute(horde_names.insert().values(values))
        except IntegrityError:  # the same person, at the same moment
            return

    async def horde_names(self, marks: Iterable[str]) -> dict[str, str]:
        """Return the Horde accounts that these people (marks) named themselves."""
        wanted = set(marks)
        if not wanted:
            return {}
        query = sa.select(horde_names)
        async with self._database.read() as connection:
            rows = (await connection.execute(query)).all()
        return {row.person: row.name for row in rows if row.person in wanted}

    async def _claim(
        self, connection: AsyncConnection, code: str | None, values: dict[str, Any]
    ) -> str:
        """Note who posted a code; return the code of the sentence why it is refused, or ""."""
        mark = values["person"]
        if await self._tries(connection, mark) >= MOST_TRIES:
            return "links.too_many_tries"
        row = await self._posted(connection, code)
        refused = _objection(row, mark)
        if refused == "links.unknown_code":
            await self._count_try(connection, mark)
        elif not refused and row.person is None:
            claimed = link_codes.update().where(link_codes.c.code == row.code)
            until = self._now() + CODE_LASTS
            await connection.execute(claimed.values(until=until, **values))
        return refused

    def _hash(self, code: str) -> str:
        return self._marks.code(read_code(code) or "")

    def _open(self, browser: str) -> sa.Select[Any]:
        mine = (link_codes.c.browser == browser) & (link_codes.c.until > self._now())
        return sa.select(link_codes).where(mine, link_codes.c.confirmed.is_(False))

    async def _posted(self, connection: AsyncConnection, code: str | None) -> Any:
        if code is None:
            return None
        known = link_codes.c.code == self._hash(code)
        query = sa.select(link_codes).where(known, link_codes.c.until > self._now())
        return (await connection.execute(query.with_for_update())).one_or_none()

    async def _tries(self, connection: AsyncConnection, mark: str) -> int:
        now = self._now()
        old = (link_tries.c.since <= now - TRIES_WINDOW) | (link_tries.c.since > now)
        await connection.execute(link_tries.delete().where(old))
        query = sa.select(link_tries.c.count).where(link_tries.c.person == mark).with_for_update()
        return (await connection.execute(query)).scalar_one_or_none() or 0

    async def _count_try(self, connection: AsyncConnection, mark: str) -> None:
        counted = link_tries.update().where(link_tries.c.person == mark)
        done = await connection.execute(counted.values(count=link_tries.c.count + 1))
        if not done.rowcount:
            values = {"person": mark, "count": 1, "since": self._now()}
            await connection.execute(link_tries.insert().values(values))


async def _around(connection: AsyncConnection, marks: AbstractSet[str]) -> set[tuple[str, str]]:
    """Return the links of some marks, of those they lead to, and so on."""
    pairs: set[tuple[str, str]] = set()
    seen, new = set(marks), set(marks)
    while new:
        here = sorted(new)[:MOST_IN_A_QUERY]
        either = links.c.browser.in_(here) | links.c.person.in_(here)
        rows = await connection.execute(sa.select(links.c.browser, links.c.person).where(either))
        found = {(row.browser, row.person) for row in rows}
        pairs |= found
        new = new.difference(here) | {mark for pair in found for mark in pair} - seen
        seen |= new
    return pairs


async def _all_pairs(connection: AsyncConnection) -> set[tuple[str, str]]:
    rows = await connection.execute(sa.select(links.c.browser, links.c.person))
    return {(row.browser, row.person) for row in rows}


def _objection(row: Any, mark: str) -> str:
    """Return the code of the sentence why a code is not taken, "" if it is."""
    if row is None:
        return "links.unknown_code"
    if row.browser == mark:
        return "links.same_browser"
    if row.person not in {None, mark}:
        return "links.used_code"
    return ""


def _pair(browser: str, person: str) -> sa.ColumnElement[bool]:
    return (links.c.browser == browser) & (links.c.person == person)


def _either(mark: str) -> sa.ColumnElement[bool]:
    return (links.c.person == mark) | (links.c.browser == mark)


async def _check_room(connection: AsyncConnection, browser: str, person: str) -> None:
    """Refuse a link where either side has as many as it may have."""
    for mine in (links.c.browser == browser, links.c.person == person):
        counted = sa.select(sa.func.count()).select_from(links).where(mine)
        if (await connection.execute(counted)).scalar_one() >= MOST_ACCOUNTS:
            raise Refusal("links.too_many_links", limit=MOST_ACCOUNTS)
