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

from common.database import Database
from common.errors import Refusal
from events import lifecycle
from events.model import Ballot, EntryState, Event
from events.once import note
from events.people import Identities
from events.store import event_of
from events.tables import ballots, entries, event_counts, events
from events.tally import Cast, Counted

MOST_CHOICES = 200


@dataclass(frozen=True, slots=True)
class Votes:
    """All that is counted of an event."""

    entries: tuple[int, ...]
    """Numbers of the entries that stand, in the order of coming."""
    ballots: tuple[Cast, ...]
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
    ) -> None:
        self._database = database
        self._identities = identities
        self._now = now
        self._draw_receipt = draw_receipt

    async def cast(
        self, event: Event, voter: str, column: str, choices: Iterable[int], *, request: str = ""
    ) -> Ballot:
        """Keep a person's ballot instead of the one before; an empty one takes it back.

        `voter` is his mark, `column` our account there, `request` what asks for it. It counts by
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
            people = await self._identities.people({voter, *found.values()})
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
        """Return a person's own ballot; None if he has none."""
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
        """Return all that counts: of a person with several accounts, his newest ballot alone.

        Nobody's vote for himself is in it, even if it became one by linking accounts later.
        """
        numbers = (
            sa.select(entries.c.number, entries.c.entrant)
            .where(entries.c.event == event.id, entries.c.state == EntryState.ENTERED)
            .order_by(entries.c.number)
        )
        # read as text and all at once: a hundred thousand are many for one after the other
        choices = sa.cast(ballots.c.choices, sa.Text)
        cast = (
            sa.select(ballots.c.voter, ballots.c.column, choices, ballots.c.receipt)
            .where(ballots.c.event == event.id)
            .order_by(ballots.c.at, ballots.c.id)
        )
        counts = sa.select(event_counts).where(event_counts.c.event == event.id)
        counts = counts.order_by(event_counts.c.source, event_counts.c.entry)
        async with self._database.read() as connection:
            entrants = {row.number: row.entrant for row in await connection.execute(numbers)}
            rows = (await connection.execute(cast)).all()
            counted = tuple(_counted(row) for row in await connection.execute(counts))
        people = await self._identities.people({*entrants.values(), *(row.voter for row in rows)})
        cast_by = await asyncio.to_thread(_counting, rows, entrants, people)
        return Votes(tuple(entrants), cast_by, counted)


def _counting(
    rows: Sequence[Any],
    entrants: Mapping[int, str],
    people: Mapping[str, str],
) -> tuple[Cast, ...]:
    """Return each person's newest ballot, without what he voted for himself."""
    mine: dict[str, set[int]] = {}
    for number, entrant in entrants.items():
        mine.setdefault(people.get(entrant, entrant), set()).add(number)
    newest: dict[str, Cast] = {}
    chosen = json.loads(f"[{','.join(row[2] for row in rows)}]")
    for (voter, column, _, receipt), numbers in zip(rows, chosen, strict=True):
        person = people.get(voter, voter)
        own = mine.get(person)
        kept = tuple(n for n in numbers if n not in own) if own else tuple(numbers)
        newest[person] = Cast(receipt, column, kept)
    return tuple(newest.values())


def _counted(row: sa.Row[tuple[object, ...]]) -> Counted:
    kind, _, column = row.kind.partition(":")
    return Counted(row.source, column, row.entry, row.votes, upvotes=kind == "upvotes")
