"""Who was promised what: every message is answered once, and what it cost the Horde.

The promise is read off the platform alone, as people there see it; the program's own rows are only
asked for what it thinks it has wasted.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from request.kept.records import FINAL_STATES, JobState
from request.kept.tables import jobs, posts, requests
from tests.component.adapters.plug import Can, Plug
from tests.crash.platforms import part_of
from tests.fakes.horde import FakeHorde, FakeRequest, Fate


@dataclass(slots=True)
class Promise:
    """Something a person wrote, and what has to come of it."""

    event: str
    text: str
    pictures: int | None = None
    """Exactly so many have to come; None: as many as the Horde gives."""
    deleted: bool = False
    """Taken back: an answer is not owed any more, but two are as wrong as ever."""


@dataclass(frozen=True, slots=True)
class Cost:
    """What the Horde was asked for."""

    submissions: int
    used: int
    given_up: int
    """Cancelled there, because somebody took their request back."""
    left: int
    """The same, but the Horde was not told."""
    wasted: int
    """Accepted by the Horde, and nobody here knew of it."""
    suspected: int
    """Possibly wasted, as the program itself counts."""


class Ledger:
    def __init__(self, platform: Plug, engine: AsyncEngine, horde: FakeHorde) -> None:
        self.promises: dict[str, Promise] = {}
        self._answered: set[str] = set()
        self._platform = platform
        self._engine = engine
        self._horde = horde

    async def ask(self, text: str, person: str, *, pictures: int | None = None) -> Promise:
        event = await self._platform.say(text, person=person)
        promise = self.promises[event] = Promise(event, text, pictures)
        return promise

    async def take_back(self, promise: Promise) -> None:
        """Let somebody take back what they asked for, where people can."""
        if Can.DELETE not in self._platform.can:
            return
        promise.deleted = True
        await self._platform.delete(promise.event)

    async def is_answered(self, promise: Promise) -> bool:
        """Tell whether all parts of the answer are there."""
        if promise.event not in self._answered:
            parts = [part_of(answer) for answer in await self._platform.answers(promise.event)]
            if not parts or len({part for part, _ in parts}) < parts[0][1]:
                return False
            self._answered.add(promise.event)
        return True

    async def open(self) -> list[Promise]:
        """Return what still waits for its answer."""
        owed = [promise for promise in self.promises.values() if not promise.deleted]
        return [promise for promise in owed if not await self.is_answered(promise)]

    async def faults(self) -> list[str]:
        """Return what is wrong on the platform already: a part posted twice."""
        wrong = []
        for promise in self.promises.values():
            answers = await self._platform.answers(promise.event)
            counted = Counter(part_of(answer)[0] for answer in answers)
            wrong += [
                f"{promise.event} ({promise.text!r}): part {part} was posted {times} times"
                for part, times in counted.items()
                if times > 1
            ]
        return wrong

    async def settled(self) -> bool:
        """Tell whether the program has closed everything it wrote down."""
        query = sa.select(sa.func.count()).where(requests.c.state.not_in(FINAL_STATES))
        async with self._engine.connect() as connection:
            return (await connection.execute(query)).scalar_one() == 0

    async def check(self) -> None:
        """Check at the end that every promise was kept, and that the rows agree with it."""
        wrong = await self.faults()
        wrong += [f"{one.event} ({one.text!r}) was not answered" for one in await self.open()]
        written = await self._posts_written()
        for promise in self.promises.values():
            if promise.deleted:
                continue
            answers = await self._platform.answers(promise.event)
            came = sum(answer.pictures for answer in answers)
            if promise.pictures not in {None, came}:
                told = [answer.text for answer in answers]
                wrong.append(f"{promise.event}: {came} of {promise.pictures} pictures, {told}")
            if len(answers) != written[promise.event]:
                wrong.append(f"{promise.event}: {answers} posted, {written[promise.event]} noted")
        assert not wrong, "\n".join(wrong)

    async def _posts_written(self) -> Counter[str]:
        """Return how many posts the program has noted, by event."""
        query = sa.select(requests.c.event_key).join(posts).where(posts.c.state == "posted")
        async with self._engine.connect() as connection:
            keys = (await connection.execute(query)).scalars().all()
        return Counter(key.partition(":")[2] for key in keys)

    async def cost(self) -> Cost:
        """Return what all this cost the Horde."""
        async with self._engine.connect() as connection:
            rows = await connection.execute(sa.select(jobs.c.horde_id, jobs.c.state))
            kept = {row.horde_id: row.state for row in rows}
            suspected = (await connection.execute(sa.select(sa.func.sum(jobs.c.wasted)))).scalar()
        ends = Counter(_end(made, kept) for made in self._horde.requests.values())
        return Cost(
            len(self._horde.requests),
            **{end: ends[end] for end in ("used", "given_up", "left", "wasted")},
            suspected=int(suspected or 0),
        )


def _end(made: FakeRequest, kept: dict[str | None, str]) -> str:
    """Return what became of a submission: the name of a field of `Cost`."""
    if made.cancelled:
        return "given_up"
    if made.id in kept:
        return "left" if kept[made.id] == JobState.CANCELLED else "used"
    return "used" if made.fate in {Fate.FAULTED, Fate.CENSORED} else "wasted"
