"""The entries of events, as rows. Every write of a person's carries the lease of their account."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import Refusal
from events import lifecycle
from events.entries.candidate import Candidate, check_others
from events.lifecycle import Facts
from events.model import FINAL, Entry, EntryState, Event, Shown, State
from events.once import note
from events.people import Identities
from events.posts.announcements import UPVOTES
from events.restaging import restage
from events.store import event_of
from events.tables import ballots, entries, event_posts, event_steps, events
from request.kept.encoding import storable
from request.kept.leases import Lease, guard

NAME_LENGTH = 100
REASON_LENGTH = 500
BLANK = {"entrant": "", "name": "", "recipe": {}, "sha256": "", "likeness": "", "prompt_hash": ""}


@dataclass(frozen=True, slots=True)
class Entrant:
    """Who enters, as whom they are shown, and what they give."""

    account: str
    mark: str
    shown: Shown
    name: str
    licence: str = ""


class EntryStore:
    """The entries of all events."""

    def __init__(
        self,
        database: Database,
        identities: Identities,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._identities = identities
        self._now = now

    # --- looking ----------------------------------------------------------------------------

    async def of(self, event: Event, *states: EntryState) -> list[Entry]:
        """Return the entries of an event in these states, or all, by number."""
        query = sa.select(entries).where(entries.c.event == event.id).order_by(entries.c.number)
        if states:
            query = query.where(entries.c.state.in_(states))
        async with self._database.read() as connection:
            return [entry_of(row) for row in await connection.execute(query)]

    async def standing(self, event: Event) -> list[Entry]:
        """Return the entries people may see and vote for."""
        return await self.of(event, EntryState.ENTERED)

    async def numbers(self, event: Event, entrants: Collection[str] | None = None) -> list[int]:
        """Return the numbers of the entries people may see; all, or those of these marks."""
        query = sa.select(entries.c.number).where(
            entries.c.event == event.id, entries.c.state == EntryState.ENTERED
        )
        if entrants is not None:
            query = query.where(entries.c.entrant.in_(entrants))
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(entries.c.number))).scalars())

    async def some(self, event: Event, numbers: Collection[int]) -> list[Entry]:
        """Return those of the entries people may see that have these numbers (a page of them)."""
        query = sa.select(entries).where(
            entries.c.event == event.id,
            entries.c.state == EntryState.ENTERED,
            entries.c.number.in_(numbers),
        )
        async with self._database.read() as connection:
            return [entry_of(row) for row in await connection.execute(query)]

    async def shelf(self, event: Event, *, skip: int, most: int) -> list[Entry]:
        """Return some of the entries that are not withdrawn, hidden ones too, by number."""
        query = sa.select(entries).where(
            entries.c.event == event.id, entries.c.state != EntryState.WITHDRAWN
        )
        async with self._database.read() as connection:
            rows = await connection.execute(
                query.order_by(entries.c.number).offset(skip).limit(most)
            )
            return [entry_of(row) for row in rows]

    async def hidden_count(self, event: Event) -> int:
        """Return how many entries of an event moderators have hidden."""
        query = sa.select(sa.func.count()).select_from(entries)
        query = query.where(entries.c.event == event.id, entries.c.state == EntryState.HIDDEN)
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one()

    async def picture(self, sha256: str) -> Entry | None:
        """Return an entry people may see whose picture has these bytes; None if there is none."""
        query = (
            sa.select(entries)
            .join(events, entries.c.event == events.c.id)
            .where(
                entries.c.sha256 == sha256,
                entries.c.state == EntryState.ENTERED,
                events.c.state != State.DRAFT,
            )
            .limit(1)
        )
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else entry_of(row)

    async def of_person(self, event: Event, mark: str) -> list[Entry]:
        """Return what a person has entered on any of their accounts and not withdrawn."""
        there = await self.of(event, EntryState.ENTERED, EntryState.HIDDEN)
        people = await self._identities.people({mark, *(one.entrant for one in there)})
        return [one for one in there if people.get(one.entrant) == people[mark]]

    async def facts(self, event: Event) -> Facts:
        """Return how many entries and ballots an event has."""
        counted = sa.select(sa.func.count()).select_from(entries)
        standing = counted.where(entries.c.event == event.id, entries.c.state == EntryState.ENTERED)
        cast = sa.select(sa.func.count()).select_from(ballots).where(ballots.c.event == event.id)
        async with self._database.read() as connection:
            return Facts(
                entries=(await connection.execute(standing)).scalar_one(),
                ballots=(await connection.execute(cast)).scalar_one(),
            )

    async def polls_open(self, event: Event) -> bool:
        """Tell whether polls or upvotes of an event are posted somewhere and not counted yet."""
        query = sa.select(event_posts.c.id).where(
            event_posts.c.event == event.id,
            sa.or_(event_posts.c.key.startswith("poll-"), event_posts.c.key.startswith(UPVOTES)),
            event_posts.c.state == "posted",
        )
        async with self._database.read() as connection:
            return (await connection.execute(query.limit(1))).first() is not None

    async def keeps(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that are entered somewhere."""
        found: set[str] = set()
        async with self._database.read() as connection:
            for start in range(0, len(names), 200):
                await asyncio.sleep(0)  # see `request/kept/people.py`
                query = sa.select(entries.c.sha256).where(
                    entries.c.sha256.in_(names[start : start + 200])
                )
                found.update(row.sha256 for row in await connection.execute(query))
        return found

    # --- what happened ----------------------------------------------------------------------

    async def entered(
        self,
        lease: Lease,
        event: Event,
        one: Candidate,
        entrant: Entrant,
        *,
        written: float,
        replaces: int | None = None,
        request: str = "",
    ) -> Entry:
        """Write an entry down, or put it in the place of another of the same person.

        Deadline, duplicates and the cap are looked at in the same transaction, so that two at
        once count as two. `written` is when the person wrote it, by the platform's clock; `request`
        is what asks for it. Raises Refusal.
        """
        now = self._now()
        async with self._database.write() as connection:
            await guard(connection, lease)
            fresh = await _locked(connection, event)
            if not lifecycle.takes_entries(fresh, min(written, now)):
                raise Refusal("entry.closed", name=event.name)
            there = await _all(connection, event)
            people = await self._identities.people(
                {entrant.mark, *(row.entrant for row in there)}, connection
            )
            person = people[entrant.mark]
            if replaces is not None:
                _check_own(there, replaces, person, people)
            check_others(fresh, one, there, person, people, replaces=replaces)
            number = max((row.number for row in there), default=0) + 1
            if replaces is not None:
                old = (entries.c.event == event.id) & (entries.c.number == replaces)
                values = {"state": EntryState.WITHDRAWN, "reason": f"-> {number}"}
                await connection.execute(entries.update().where(old).values(values))
            row = _row(event, number, one, entrant, now)
            made = await connection.execute(entries.insert().values(row).returning(*entries.c))
            await note(connection, request, event.id, now, number)
            return entry_of(made.one())

    async def withdrawn(
        self, lease: Lease, event: Event, number: int, mark: str, *, request: str = ""
    ) -> None:
        """Take an entry of a person's own out, as long as entries are taken. Raises Refusal."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            fresh = await _locked(connection, event)
            if fresh.state not in {State.OPEN, State.CLOSED}:
                raise Refusal("entry.too_late_to_withdraw", name=event.name)
            there = await _all(connection, event)
            people = await self._identities.people(
                {mark, *(row.entrant for row in there)}, connection
            )
            _check_own(there, number, people[mark], people)
            one = (entries.c.event == event.id) & (entries.c.number == number)
            await connection.execute(
                entries.update().where(one).values(state=EntryState.WITHDRAWN, reason="")
            )
            await note(connection, request, event.id, self._now(), number)

    async def hidden(self, event: Event, number: int, who: str, why: str) -> Entry:
        """Hide an entry for good reason; a moderator's word, it needs no lease. Raises Refusal."""
        return await self._moderated(event, number, EntryState.HIDDEN, who, why)

    async def unhidden(self, event: Event, number: int, who: str) -> Entry:
        """Show a hidden entry again. Raises Refusal."""
        return await self._moderated(event, number, EntryState.ENTERED, who, "")

    async def _moderated(
        self, event: Event, number: int, state: EntryState, who: str, why: str
    ) -> Entry:
        known = {EntryState.ENTERED, EntryState.HIDDEN}
        one = (entries.c.event == event.id) & (entries.c.number == number)
        change = entries.update().where(one, entries.c.state.in_(known))
        values = {"state": state, "reason": storable(why)[:REASON_LENGTH]}
        line = {
            "event": event.id,
            "step": "hide" if state is EntryState.HIDDEN else "unhide",
            "state": event.state,
            "who": who[:128],
            "why": f"{number}: {storable(why)[:REASON_LENGTH]}",
            "at": self._now(),
        }
        async with self._database.write() as connection:
            changed = await connection.execute(change.values(values).returning(*entries.c))
            row = changed.one_or_none()
            if row is None:
                raise Refusal("entry.no_such", number=number, name=event.name)
            await connection.execute(event_steps.insert().values(line))
            await restage(connection, event.id, {number}, self._now())
        return entry_of(row)

    async def forgotten(self, lease: Lease, mark: str) -> list[Entry]:
        """Blank all entries of a person's account, and take their ballots out where they count.

        The numbers stay, so that no other entry is ever called by them. Returns the entries as they
        were.
        """
        theirs = entries.c.entrant == mark
        counting = sa.select(events.c.id).where(events.c.state.not_in(FINAL))
        async with self._database.write() as connection:
            await guard(connection, lease)
            query = sa.select(entries).where(theirs)
            found = [entry_of(row) for row in await connection.execute(query)]
            values = {**BLANK, "state": EntryState.WITHDRAWN, "link": "", "request": ""}
            await connection.execute(entries.update().where(theirs).values(values))
            await connection.execute(
                ballots.delete().where(ballots.c.voter == mark, ballots.c.event.in_(counting))
            )
            await connection.execute(
                ballots.update()
                .where(ballots.c.voter == mark)
                .values(voter=sa.literal("-") + ballots.c.receipt)
            )
        return found


def entry_of(row: sa.Row[Any]) -> Entry:
    """Return a row of `entries` as a value."""
    values = dict(row._mapping)  # noqa: SLF001  (SQLAlchemy's public name for it)
    values |= {"shown": Shown(row.shown), "state": EntryState(row.state)}
    return Entry(**values)


async def _locked(connection: AsyncConnection, event: Event) -> Event:
    """Return the event as it stands now; nothing else happens to it in this transaction."""
    query = sa.select(events).where(events.c.id == event.id).with_for_update()
    row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise Refusal("events.no_such", name=event.name)
    return event_of(row)


async def _all(connection: AsyncConnection, event: Event) -> list[Entry]:
    query = sa.select(entries).where(entries.c.event == event.id).order_by(entries.c.number)
    return [entry_of(row) for row in await connection.execute(query)]


def _check_own(
    there: Collection[Entry], number: int, person: str, people: Mapping[str, str]
) -> None:
    """Refuse a number that is no standing entry of this person."""
    mine = [
        one.number
        for one in there
        if people.get(one.entrant) == person and one.state is not EntryState.WITHDRAWN
    ]
    if number not in mine:
        raise Refusal("entry.not_yours", number=number, mine=", ".join(map(str, mine)) or "-")


def _row(event: Event, number: int, one: Candidate, entrant: Entrant, now: float) -> dict[str, Any]:
    return {
        "event": event.id,
        "number": number,
        "account": entrant.account,
        "entrant": entrant.mark,
        "shown": entrant.shown,
        "name": storable(entrant.name)[:NAME_LENGTH],
        "sha256": one.sha256,
        "mime": one.mime,
        "likeness": one.likeness,
        "prompt_hash": one.prompt_hash,
        "recipe": dict(one.recipe),
        "ours": one.ours,
        "licence": entrant.licence,
        "request": one.request,
        "link": one.link,
        "state": EntryState.ENTERED,
        "reason": "",
        "at": now,
    }
