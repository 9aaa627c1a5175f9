"""The state of events. It changes here and nowhere else, in functions named after what happened.

A step is one transaction: the new state, the line in the log and what is to be posted. It counts
only if the event still stands where the caller has seen it, so taking a step twice is one step.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from common.database import Database
from common.errors import Refusal
from events import lifecycle
from events.languages import check_language
from events.lifecycle import Step
from events.model import FINAL, Event, Hold, Plan, State
from events.once import Done, find_done, note
from events.tables import event_posts, event_steps, events
from request.kept.encoding import storable
from request.kept.leases import Lease, guard
from request.kept.store import ID_ALPHABET

CLOCK = "clock"
"""Who takes a step when its time has come."""
WHY_LENGTH = 500


@dataclass(frozen=True, slots=True)
class Posted:
    """Something to be posted of an event: one row of the outbox."""

    key: str
    """What it is, unique for the event and the place: `announce`, `heat-2`."""
    account: str
    target: str
    body: Mapping[str, Any]
    """`title`, `text`, `pictures` (names of files); what is posted is decided here and now."""
    due: float = 0.0
    """Unix time before which it is not posted."""


@dataclass(frozen=True, slots=True)
class Logged:
    """A line of an event's log."""

    step: str
    state: State
    who: str
    why: str
    at: float


class EventStore:
    """The events of all accounts."""

    def __init__(self, database: Database, *, now: Callable[[], float] = time.time) -> None:
        self._database = database
        self._now = now

    # --- looking ----------------------------------------------------------------------------

    async def find(self, name: str) -> Event | None:
        """Return the event of a name or an id; None if there is none."""
        either = sa.or_(events.c.name == name.casefold(), events.c.id == name.casefold())
        async with self._database.read() as connection:
            row = (await connection.execute(sa.select(events).where(either))).one_or_none()
        return None if row is None else event_of(row)

    async def event(self, name: str) -> Event:
        """Return the event of a name or an id. Raises Refusal."""
        found = await self.find(name)
        if found is None:
            raise Refusal("events.no_such", name=name[:50])
        return found

    async def all(self, *states: State) -> list[Event]:
        """Return the events in these states, or all, newest first."""
        query = sa.select(events).order_by(events.c.created.desc(), events.c.id)
        if states:
            query = query.where(events.c.state.in_(states))
        async with self._database.read() as connection:
            return [event_of(row) for row in await connection.execute(query)]

    async def due(self, now: float) -> list[Event]:
        """Return the events that the clock has to look at, longest due first."""
        query = (
            sa.select(events)
            .where(events.c.due <= now, events.c.hold.is_(None), events.c.state.not_in(FINAL))
            .order_by(events.c.due, events.c.id)
        )
        async with self._database.read() as connection:
            return [event_of(row) for row in await connection.execute(query)]

    async def log(self, event_id: str) -> list[Logged]:
        """Return what happened to an event, oldest first."""
        query = (
            sa.select(event_steps).where(event_steps.c.event == event_id).order_by(event_steps.c.id)
        )
        async with self._database.read() as connection:
            return [
                Logged(row.step, State(row.state), row.who, row.why, row.at)
                for row in await connection.execute(query)
            ]

    async def done(self, request: str) -> Done | None:
        """Return what a request has done to an event already; None: nothing."""
        return await find_done(self._database, request)

    # --- what happened ----------------------------------------------------------------------

    async def drafted(self, plan: Plan, who: str, why: str = "") -> Event:
        """Write a new event down. Raises Refusal if its name is taken, or nobody can post it."""
        check_language(plan)
        now = self._now()
        event_id = "".join(secrets.choice(ID_ALPHABET) for _ in range(8))
        row = {
            "id": event_id,
            "name": plan.name,
            "plan": plan.model_dump(mode="json"),
            "state": State.DRAFT,
            "due": lifecycle.due(plan, State.DRAFT, now),
            "hold": None,
            "salt": secrets.token_hex(16),
            "result": None,
            "created": now,
            "since": now,
        }
        try:
            async with self._database.write() as connection:
                await connection.execute(events.insert().values(row))
                await _note(connection, event_id, Logged("draft", State.DRAFT, who, why, now))
        except IntegrityError as error:
            raise Refusal("events.name_taken", name=plan.name) from error
        return await self.event(event_id)

    async def replanned(self, event: Event, plan: Plan, who: str, why: str = "") -> Event:
        """Change the plan of an event that is not over. Raises Refusal if it moved meanwhile."""
        check_language(plan)
        now = self._now()
        values = {
            "plan": plan.model_dump(mode="json"),
            "name": plan.name,
            "due": lifecycle.due(plan, event.state, event.since),
        }
        try:
            async with self._database.write() as connection:
                await _moved(connection, event, values)
                await _note(connection, event.id, Logged("plan", event.state, who, why, now))
        except IntegrityError as error:
            raise Refusal("events.name_taken", name=plan.name) from error
        return await self.event(event.id)

    async def stepped(
        self,
        event: Event,
        step: Step,
        who: str,
        *,
        why: str = "",
        plan: Plan | None = None,
        result: Mapping[str, Any] | None = None,
        posts: Sequence[Posted] = (),
        lease: Lease | None = None,
        request: str = "",
    ) -> Event:
        """Take a step and queue what is posted with it. `who` is CLOCK or a moderator.

        Raises Refusal where the step cannot be taken, or the event has moved meanwhile; LeaseLost
        if `lease` is given and is not ours any more.
        """
        now = self._now()
        plan = plan or event.plan
        state = lifecycle.after(plan, event.state, step, clock=who == CLOCK)
        stays = state is event.state
        since = event.since if stays else now
        values: dict[str, Any] = {
            "plan": plan.model_dump(mode="json"),
            "state": state,
            "since": since,
            "due": lifecycle.due(plan, state, since),
            "hold": None,
        }
        if result is not None:
            values["result"] = dict(result)
        elif step is Step.EXTEND:
            values["result"] = None
        async with self._database.write() as connection:
            if lease is not None:
                await guard(connection, lease)
            await _moved(connection, event, values)
            await _note(connection, event.id, Logged(step, state, who, why, now))
            await queue(connection, event.id, posts, now)
            await note(connection, request, event.id, now)
        return await self.event(event.id)

    async def held(self, event: Event, hold: Hold, lease: Lease | None = None) -> None:
        """Note that a moderator has to decide."""
        async with self._database.write() as connection:
            if lease is not None:
                await guard(connection, lease)
            await _moved(connection, event, {"hold": hold})
            line = Logged("hold", event.state, CLOCK, hold.value, self._now())
            await _note(connection, event.id, line)

    async def noted(self, event: Event, what: str, who: str, why: str = "") -> None:
        """Write down what somebody did around an event that changes nothing of the event itself."""
        async with self._database.write() as connection:
            line = Logged(what, event.state, who, why, self._now())
            await _note(connection, event.id, line)

    async def deleted(self, event: Event) -> None:
        """Delete an event with all that is kept of it."""
        async with self._database.write() as connection:
            await connection.execute(events.delete().where(events.c.id == event.id))


async def queue(
    connection: AsyncConnection, event_id: str, posts: Sequence[Posted], now: float
) -> None:
    """Put posts into the outbox, those that are not there yet, inside a transaction."""
    if not posts:
        return
    there = sa.select(event_posts.c.key, event_posts.c.account, event_posts.c.target)
    rows = await connection.execute(there.where(event_posts.c.event == event_id))
    known = {tuple(row) for row in rows}
    new = [
        {
            "event": event_id,
            "key": one.key,
            "account": one.account,
            "target": one.target,
            "body": dict(one.body),
            "state": "intended",
            "tries": 0,
            "due": one.due or now,
            "changed": now,
        }
        for one in posts
        if (one.key, one.account, one.target) not in known
    ]
    if new:
        await connection.execute(event_posts.insert(), new)


def event_of(row: sa.Row[Any]) -> Event:
    """Return a row of `events` as a value."""
    return Event(
        id=row.id,
        plan=Plan.model_validate(row.plan),
        state=State(row.state),
        due=row.due,
        hold=None if row.hold is None else Hold(row.hold),
        salt=row.salt,
        result=row.result,
        created=row.created,
        since=row.since,
    )


async def _moved(connection: AsyncConnection, event: Event, values: Mapping[str, Any]) -> None:
    """Change an event that still stands where it was seen. Raises Refusal."""
    same = (
        (events.c.id == event.id)
        & (events.c.state == event.state)
        & (events.c.since == event.since)
        & (events.c.hold.is_(None) if event.hold is None else events.c.hold == event.hold)
        # who extends it twice at once means to extend it once
        & (events.c.due.is_(None) if event.due is None else events.c.due == event.due)
    )
    changed = await connection.execute(events.update().where(same).values(**values))
    if not changed.rowcount:
        raise Refusal("events.moved", name=event.name)


async def _note(connection: AsyncConnection, event_id: str, line: Logged) -> None:
    row = {
        "event": event_id,
        "step": line.step,
        "state": line.state,
        "who": line.who[:128],
        "why": storable(line.why)[:WHY_LENGTH],
        "at": line.at,
    }
    await connection.execute(event_steps.insert().values(row))
