"""Recurring events: the next one is drafted by the clock, and the winner may choose its theme."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sa
import structlog

from common.database import Database
from common.errors import Refusal
from events.languages import check_language
from events.model import NAME, Plan, State
from events.people import Identities
from events.store import CLOCK, EventStore
from events.tables import entries, event_series
from request.allowed import safety
from request.kept.encoding import storable
from request.kept.leases import Lease, guard
from request.kept.marks import Marks

log = structlog.get_logger()

DAY = 24 * 3600.0
LATE = 3600.0
"""Seconds after which an event is too late to be held at its time."""
THEME_LENGTH = 1500


@dataclass(frozen=True, slots=True)
class Recurring:
    """A series as stored."""

    name: str
    plan: Plan
    """The next one's plan, but for its name, its times and perhaps its theme."""
    every_days: float
    next_at: float | None
    """Unix time at which the next one is drafted; None: it rests."""
    number: int
    """Of the one drafted last."""
    theme: str
    """Chosen for the next one; "" if nobody has."""
    chooser: str
    """Mark of who may choose; "" if nobody may."""


class Series:
    """The series of all events."""

    def __init__(
        self,
        database: Database,
        store: EventStore,
        identities: Identities,
        marks: Marks,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._store = store
        self._identities = identities
        self._marks = marks
        self._now = now

    async def all(self) -> list[Recurring]:
        """Return all series by name."""
        query = sa.select(event_series).order_by(event_series.c.name)
        async with self._database.read() as connection:
            return [_of(row) for row in await connection.execute(query)]

    async def find(self, name: str) -> Recurring | None:
        """Return a series; None if there is none of that name."""
        query = sa.select(event_series).where(event_series.c.name == name)
        async with self._database.read() as connection:
            row = (await connection.execute(query)).one_or_none()
        return None if row is None else _of(row)

    async def begun(self, name: str, plan: Plan, every_days: float) -> Recurring:
        """Write a series down, or change it. Its first one is drafted at the clock's next tick.

        Raises Refusal for a name that no event could have.
        """
        if NAME.fullmatch(f"{name}-1") is None or len(name) > 40 or not 0.5 <= every_days <= 366:
            raise Refusal("events.series_name", name=name[:50])
        check_language(plan)
        now = self._now()
        values = {"plan": plan.model_dump(mode="json"), "every_days": every_days, "changed": now}
        mine = event_series.c.name == name
        async with self._database.write() as connection:
            changed = await connection.execute(event_series.update().where(mine).values(values))
            if not changed.rowcount:
                values |= {"name": name, "next_at": now, "number": 0, "theme": "", "chooser": ""}
                await connection.execute(event_series.insert().values(values))
        found = await self.find(name)
        assert found is not None
        return found

    async def ended(self, name: str) -> bool:
        """Let a series end; what it brought stays. Tells whether there was one."""
        async with self._database.write() as connection:
            gone = event_series.delete().where(event_series.c.name == name)
            return bool((await connection.execute(gone)).rowcount)

    async def draft_due(self, lease: Lease) -> None:
        """Draft what is due, and see who may choose the next theme: the clock's chore."""
        for one in await self.all():
            if one.next_at is not None and one.next_at <= self._now():
                await self._draft(lease, one)
            await self._find_chooser(lease, one)

    async def _draft(self, lease: Lease, one: Recurring) -> None:
        number, now = one.number + 1, self._now()
        plan = following(one, number, now)
        try:
            await self._store.drafted(plan, CLOCK, why=f"series {one.name}")
        except Refusal:  # it was drafted before a crash, or somebody gave that name away
            log.info("already_drafted", name=plan.name)
        assert one.next_at is not None
        every = one.every_days * DAY
        passed = max(0, math.floor((now - one.next_at) / every))  # while nobody was there
        values = {
            "number": number,
            "next_at": one.next_at + (passed + 1) * every,
            "theme": "",
            "chooser": "",
            "changed": now,
        }
        await self._change(lease, one, values)

    async def _find_chooser(self, lease: Lease, one: Recurring) -> None:
        """Let the winner of the newest event that is decided choose, until the next is drafted."""
        if one.chooser or one.theme or not one.number:
            return
        found = await self._store.find(f"{one.name}-{one.number}")
        decided = {State.AWARDED, State.PROMOTED, State.ARCHIVED}
        if found is None or found.state not in decided:
            return
        winners = (found.result or {}).get("winners", ())
        if not winners:
            return
        first = sa.select(entries.c.entrant).where(
            entries.c.event == found.id, entries.c.number == winners[0]
        )
        async with self._database.read() as connection:
            mark = (await connection.execute(first)).scalar_one_or_none()
        if mark:
            await self._change(lease, one, {"chooser": mark})

    async def choose(self, name: str, account: str, person: str, theme: str) -> None:
        """Keep the winner's theme for the next one. Raises Refusal for anybody else."""
        series = name.rpartition("-")[0] if name.rpartition("-")[2].isdecimal() else name
        one = await self.find(series)
        mark = self._marks.person(account, person)
        if one is None or not one.chooser:
            raise Refusal("events.no_theme_due", name=name)
        people = await self._identities.people({mark, one.chooser})
        if people[mark] != people[one.chooser]:
            raise Refusal("events.not_winner", name=series)
        safety.check((theme,))
        kept = storable(theme).strip()[:THEME_LENGTH]
        async with self._database.write() as connection:
            mine = event_series.c.name == series
            await connection.execute(event_series.update().where(mine).values(theme=kept))

    async def forget(self, mark: str) -> None:
        """Forget that somebody may choose."""
        async with self._database.write() as connection:
            mine = event_series.c.chooser == mark
            await connection.execute(event_series.update().where(mine).values(chooser=""))

    async def _change(self, lease: Lease, one: Recurring, values: dict[str, Any]) -> None:
        async with self._database.write() as connection:
            await guard(connection, lease)
            mine = (event_series.c.name == one.name) & (event_series.c.number == one.number)
            await connection.execute(event_series.update().where(mine).values(values))


def following(one: Recurring, number: int, now: float) -> Plan:
    """Return the plan of a series' next event: the same lengths, counted from its time. Pure.

    They are counted from now where it should be open already, for nobody was there to draft it.
    """
    assert one.next_at is not None
    times, start = one.plan.schedule, datetime.fromtimestamp(one.next_at, UTC)
    lead = times.opens - (times.announces or times.opens)
    if now > (start + lead).timestamp() + LATE:
        start = datetime.fromtimestamp(now, UTC)
    opens = start + lead
    schedule = times.model_copy(
        update={
            "announces": start,
            "opens": opens,
            "closes": opens + (times.closes - times.opens),
        }
    )
    change: dict[str, object] = {
        "name": f"{one.name}-{number}",
        "series": one.name,
        "schedule": schedule,
    }
    if one.theme:
        change["theme"] = one.theme
    return one.plan.model_copy(update=change)


def moved(plan: Plan, name: str, opens: datetime) -> Plan:
    """Return a plan under another name that opens then; the lengths of all stay. Pure.

    A time without a zone is UTC.
    """
    times = plan.schedule
    opens = (opens if opens.tzinfo else opens.replace(tzinfo=UTC)).astimezone(UTC)
    later = opens - times.opens
    schedule = {
        "announces": times.announces and times.announces + later,
        "opens": opens,
        "closes": times.closes + later,
    }
    fresh = {"name": name, "series": None, "schedule": times.model_copy(update=schedule)}
    return plan.model_copy(update=fresh)


def _of(row: sa.Row[Any]) -> Recurring:
    return Recurring(
        name=row.name,
        plan=Plan.model_validate(row.plan),
        every_days=row.every_days,
        next_at=row.next_at,
        number=row.number,
        theme=row.theme,
        chooser=row.chooser,
    )
