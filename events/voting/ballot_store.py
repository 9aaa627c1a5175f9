"""The ballots of events, as rows: one per person, changeable until the voting ends."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import Refusal
from events import lifecycle
from events.model import Ballot, EntryState, Event
from events.once import note
from events.people import Identities
from events.store import event_of
from events.tables import ballots, entries, event_counts, events
from events.voting.tally import Cast, Counted, Sums

MOST_CHOICES = 200
PAGE = 5000
"""Ballots that are read at once."""


@dataclass(frozen=True, slots=True)
class Votes:
    """All that is counted of an event."""

    entries: tuple[int, ...]
    """Numbers of the entries that stand, in the order of coming."""
    ballots: tuple[Cast, ...]
    counted: tuple[Counted, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """All that is counted of an event, with its ballots added up."""

    entries: tuple[int, ...]
    sums: Sums
    counted: tuple[Counted, ...]


class BallotStore:
    """The ballots of all events."""

    def __init__(
        self,
        database: Database,
        identities: Identities,
        *,
        now: Callable[[], float] = time.time,
        draw_receipt: Callable[[], str] = lambda: secrets.token_hex(8),
        page: int = PAGE,
    ) -> None:
        self._database = database
        self._identities = identities
        self._now = now
        self._draw_receipt = draw_receipt
        self._page = page

    async def cast(
        self, event: Event, voter: str, column: str, choices: Iterable[int], *, request: str = ""
    ) -> Ballot:
        """Keep a person's ballot instead of the one before; an empty one takes it back.

        `voter` is their mark, `column` our account there, `request` what asks for it. It counts by
        our database's word: state and end of the voting are looked at in the same transaction.
        What no longer stands falls out of what was chosen before. Raises Refusal.
        """
        wanted = set(choices)
        return await self._changed(event, voter, column, lambda _before: wanted, request)

    async def toggle(
        self, event: Event, voter: str, column: str, number: int, *, request: str = ""
    ) -> Ballot:
        """Add an entry to a person's ballot, or take it out if it is there; else as `cast`."""
        return await self._changed(event, voter, column, lambda before: before ^ {number}, request)

    async def _changed(
        self,
        event: Event,
        voter: str,
        column: str,
        change: Callable[[set[int]], set[int]],
        request: str,
    ) -> Ballot:
        now = self._now()
        async with self._database.write() as connection:
            query = sa.select(events).where(events.c.id == event.id).with_for_update()
            row = (await connection.execute(query)).one_or_none()
            if row is None or not lifecycle.takes_votes(event_of(row), now):
                raise Refusal("vote.closed", name=event.name)
            mine = (ballots.c.event == event.id) & (ballots.c.voter == voter)
            before = (await connection.execute(sa.select(ballots).where(mine))).one_or_none()
            chosen = set(before.choices) if before else set()
            asked = change(chosen)
            if len(asked) > MOST_CHOICES:
                raise Refusal("vote.too_many", most=MOST_CHOICES)
            standing = sa.select(entries.c.number, entries.c.entrant).where(
                entries.c.event == event.id,
                entries.c.state == EntryState.ENTERED,
                entries.c.number.in_(asked),
            )
            found = {one.number: one.entrant for one in await connection.execute(standing)}
            unknown = [str(number) for number in sorted(asked - chosen - set(found))]
            if unknown:
                raise Refusal("vote.no_such", numbers=", ".join(unknown), name=event.name)
            people = await self._identities.people({voter, *found.values()}, connection)
            own = [str(n) for n, entrant in found.items() if people.get(entrant) == people[voter]]
            if own:
                raise Refusal("vote.own", numbers=", ".join(own))
            wanted = tuple(sorted(found))
            receipt = self._draw_receipt() if before is None else before.receipt
            await connection.execute(ballots.delete().where(mine))
            values = {
                "event": event.id,
                "voter": voter,
                "column": column,
                "choices": list(wanted),
                "receipt": receipt,
                "at": now,
            }
            if wanted:
                await connection.execute(ballots.insert().values(values))
            await note(connection, request, event.id, now)
        return Ballot(voter, column, wanted, receipt, now)

    async def of(self, event: Event, voter: str) -> Ballot | None:
        """Return a person's own ballot; None if they have none."""
        query = sa.select(ballots).where(ballots.c.event == event.id, ballots.c.voter == voter)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        if row is None:
            return None
        return Ballot(row.voter, row.column, tuple(row.choices), row.receipt, row.at)

    async def counted(self, event: Event, column: str, found: Sequence[Counted]) -> None:
        """Keep what a platform counted itself, instead of what was kept from the same source."""
        now = self._now()
        sources = {one.source for one in found}
        rows = [
            {
                "event": event.id,
                "source": one.source,
                "entry": one.entry,
                "kind": f"{'upvotes' if one.upvotes else 'poll'}:{column}",
                "votes": one.votes,
                "at": now,
            }
            for one in found
        ]
        old = (event_counts.c.event == event.id) & event_counts.c.source.in_(sources)
        async with self._database.write() as connection:
            await connection.execute(event_counts.delete().where(old))
            if rows:
                await connection.execute(event_counts.insert(), rows)

    async def votes(self, event: Event) -> Votes:
        """Return all that counts: of a person with several accounts, their newest ballot alone.

        A vote for oneself is never in it, even if it became one by linking accounts later.
        """
        # read as text and all at once: a hundred thousand are many for one after the other
        choices = sa.cast(ballots.c.choices, sa.Text)
        cast = (
            sa.select(ballots.c.voter, ballots.c.column, choices, ballots.c.receipt)
            .where(ballots.c.event == event.id)
            .order_by(ballots.c.at, ballots.c.id)
        )
        linked = await self._identities.linked()
        async with self._database.read() as connection:
            entrants = await _entrants(connection, event)
            rows = (await connection.execute(cast)).all()
            counted = await _all_counted(connection, event)
        cast_by = await asyncio.to_thread(_counting, rows, entrants, linked)
        return Votes(tuple(entrants), cast_by, counted)

    async def added(self, event: Event) -> Added:
        """Return the same added up, which is all that a count needs; ballots are read by pages."""
        linked = await self._identities.linked()
        page = (
            sa.select(
                ballots.c.id,
                ballots.c.at,
                ballots.c.voter,
                ballots.c.column,
                sa.cast(ballots.c.choices, sa.Text),
            )
            .where(ballots.c.event == event.id, ballots.c.voter > sa.bindparam("last"))
            .order_by(ballots.c.voter)  # as the index on event and voter has them
            .limit(self._page)
        )
        async with self._database.read() as connection:
            entrants = await _entrants(connection, event)
            counted = await _all_counted(connection, event)
            adding = Adding(entrants, linked)
            rows: Sequence[Any] = (await connection.execute(page, {"last": ""})).all()
            while rows:
                await asyncio.to_thread(adding.add, rows)
                rows = (await connection.execute(page, {"last": rows[-1].voter})).all()
        return Added(tuple(entrants), adding.end(), counted)


def _counting(
    rows: Sequence[Any],
    entrants: Mapping[int, str],
    people: Mapping[str, str],
) -> tuple[Cast, ...]:
    """Return each person's newest ballot, without what they voted for themselves."""
    mine = _of_each(entrants, people)
    newest: dict[str, Cast] = {}
    chosen = json.loads(f"[{','.join(row[2] for row in rows)}]")
    for (voter, column, _, receipt), numbers in zip(rows, chosen, strict=True):
        person = people.get(voter, voter)
        own = mine.get(person)
        kept = tuple(n for n in numbers if n not in own) if own else tuple(numbers)
        newest[person] = Cast(receipt, column, kept)
    return tuple(newest.values())


class Adding:
    """Adds up an event's ballots, a page at a time.

    Those of people who have linked accounts, or have entered something themselves, are set aside
    until all are read: of each only the newest counts, without what they voted for themselves.
    """

    def __init__(self, entrants: Mapping[int, str], linked: Mapping[str, str]) -> None:
        self._linked = linked
        self._mine = _of_each(entrants, linked)
        self._aside: dict[str, tuple[tuple[float, int], str, str]] = {}
        self._sums = Sums(entrants)

    def add(self, rows: Sequence[Any]) -> None:
        """Add rows of id, time, voter, column, and choices as text."""
        plain: dict[str, list[str]] = {}
        for number, at, voter, column, choices in rows:
            person = self._linked.get(voter, voter)
            if person is voter and voter not in self._mine and voter not in self._linked:
                plain.setdefault(column, []).append(choices)
            elif person not in self._aside or self._aside[person][0] < (at, number):
                self._aside[person] = ((at, number), column, choices)
        for column, texts in plain.items():
            self._sums.add(column, json.loads(f"[{','.join(texts)}]"))

    def end(self) -> Sums:
        """Return the sums, with what was set aside."""
        for person, (_, column, choices) in self._aside.items():
            own = self._mine.get(person, set())
            self._sums.add(column, [[n for n in json.loads(choices) if n not in own]])
        self._aside.clear()
        return self._sums


def _of_each(entrants: Mapping[int, str], people: Mapping[str, str]) -> dict[str, set[int]]:
    """Return the numbers of each person's own entries."""
    mine: dict[str, set[int]] = {}
    for number, entrant in entrants.items():
        mine.setdefault(people.get(entrant, entrant), set()).add(number)
    return mine


async def _entrants(connection: AsyncConnection, event: Event) -> dict[int, str]:
    """Return who has entered what, of the entries that stand, in the order of coming."""
    query = (
        sa.select(entries.c.number, entries.c.entrant)
        .where(entries.c.event == event.id, entries.c.state == EntryState.ENTERED)
        .order_by(entries.c.number)
    )
    return {row.number: row.entrant for row in await connection.execute(query)}


async def _all_counted(connection: AsyncConnection, event: Event) -> tuple[Counted, ...]:
    query = sa.select(event_counts).where(event_counts.c.event == event.id)
    query = query.order_by(event_counts.c.source, event_counts.c.entry)
    return tuple(_counted(row) for row in await connection.execute(query))


def _counted(row: sa.Row[tuple[object, ...]]) -> Counted:
    kind, _, column = row.kind.partition(":")
    return Counted(row.source, column, row.entry, row.votes, upvotes=kind == "upvotes")
