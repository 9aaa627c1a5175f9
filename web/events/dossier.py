"""What an organiser sees of an event, put together from its parts. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.texts import knows, say
from events import lifecycle
from events.kudos.statement import Statement
from events.lifecycle import Facts, Step
from events.model import Entry, Event, State
from events.posts.outbox import Row
from events.rehearsal import Rehearsal
from events.store import Logged
from web.events.scene import Moment, alt_of, next_of, standing_of

PER_PAGE = 24
"""Entries on an organiser's page."""
MOST_ROWS = 100
"""Posts, lines of the count and of the log that are shown; `hordebots event show` has all."""
APART = frozenset({Step.EXTEND, Step.JUDGE, Step.CANCEL})
"""Steps that need a word more, and stand apart from the one that leads on."""
LONGEST_PART = 4
"""Digits of a number people count by; longer ones in keys are points in time."""
COUNTED = frozenset(set(State) - {State.DRAFT, State.ANNOUNCED, State.OPEN, State.CLOSED})


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the count, as an organiser sees it before it stands."""

    place: int
    number: int
    points: str
    ballots: int
    columns: int
    tied: bool
    """Whether another has as many points, so that the rule of ties decided."""


@dataclass(frozen=True, slots=True)
class Dossier:
    """All that the organiser's page of one event shows."""

    event: Event
    facts: Facts
    hidden: int
    entries: Sequence[Entry]
    page: int
    """From 1."""
    pages: int
    money: Statement | None
    """None where there is no purse of kudos."""
    posts: Sequence[Row]
    log: Sequence[Logged]
    rehearsal: Rehearsal | None
    """What it would post, as long as nothing is."""

    @property
    def standing(self) -> str:
        """Where it stands, in a few words."""
        return standing_of(self.event)

    @property
    def next(self) -> Moment | None:
        """What the clock does next, and when."""
        return next_of(self.event)

    @property
    def hold(self) -> str:
        """Why it waits for an organiser, and what they can do; "" if it does not."""
        hold = self.event.hold
        return "" if hold is None else say(f"events.hold_{hold.value}", name=self.event.name)

    @property
    def on(self) -> Step | None:
        """The step that leads on, if an organiser may take it now."""
        return next((step for step in self.steps if step not in APART), None)

    @property
    def steps(self) -> Collection[Step]:
        """All steps an organiser may take now."""
        return lifecycle.possible(self.event.plan, self.event.state)

    @property
    def result(self) -> Sequence[Line]:
        """What the votes come to, once they are counted."""
        counted = self.event.state in COUNTED
        return lines_of(self.event.result or {})[:MOST_ROWS] if counted else ()

    @property
    def last_posts(self) -> Sequence[Row]:
        """The posts that were queued last."""
        return self.posts[-MOST_ROWS:]

    @property
    def last_log(self) -> Sequence[Logged]:
        """What happened last, the newest first."""
        return self.log[: -MOST_ROWS - 1 : -1]

    @property
    def winners(self) -> str:
        """The numbers of the winners as they are now, best first, as `judge` wants them."""
        return " ".join(str(number) for number in (self.event.result or {}).get("winners", ()))

    @property
    def seen(self) -> int:
        """By which a form knows whether the event is still as its page showed it."""
        return len(self.log)

    @property
    def over(self) -> bool:
        """Whether its plan cannot be changed any more."""
        return not self.steps and self.event.state not in {State.TALLY, State.AWARDED}


def lines_of(result: Mapping[str, Any]) -> list[Line]:
    """Return what was counted, a line for each entry."""
    lines = result.get("lines", ())
    points = Counter(float(line["points"]) for line in lines)
    return [
        Line(
            place=int(line["place"]),
            number=int(line["number"]),
            points=f"{float(line['points']):.6g}",
            ballots=int(line["ballots"]),
            columns=int(line["columns"]),
            tied=points[float(line["points"])] > 1 and float(line["points"]) > 0,
        )
        for line in lines
    ]


def called(key: str) -> str:
    """Return what kind of post a key in the outbox stands for: `heat-2` is `Entries 2`."""
    kind, _, part = key.partition("-")
    code = f"organise.post_{kind}"
    name = say(code) if knows(code) else kind
    return f"{name} {part}" if len(part) <= LONGEST_PART and part else name


def alt(entry: Entry) -> str:
    """Return an entry's picture in words."""
    return alt_of(entry.number, str(entry.recipe.get("prompt", "")))


def words(entry: Entry) -> str:
    """Return what an entry was made from, or how."""
    return str(entry.recipe.get("prompt") or entry.recipe.get("statement") or "")
