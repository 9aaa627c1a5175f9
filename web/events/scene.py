"""What the page of an event shows, put together from its parts. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.texts import say
from events.course.series import Recurring
from events.lifecycle import takes_entries, takes_votes
from events.model import Entry, Event, Kind, State
from events.posts.announcements import prizes, rules
from events.when import when
from web.chat.store import ShownPicture

PER_PAGE = 48
"""Entries on a page: what a phone scrolls through, and a server reads, in a moment."""
NAMED = frozenset({State.AWARDED, State.PROMOTED, State.ARCHIVED})
"""From when it is said whose entry is whose. Before, that would decide votes."""
OVER = NAMED | {State.CANCELLED}
NEXT: Mapping[State, str] = {
    State.DRAFT: "event_page.announces",
    State.ANNOUNCED: "event_page.opens",
    State.OPEN: "event_page.closes",
    State.CLOSED: "event_page.vote_begins",
    State.VOTING: "event_page.vote_ends",
    State.REVIEW: "event_page.result_stands",
}


class May(StrEnum):
    """Whether somebody may do something on the page."""

    YES = "yes"
    NO = "no"
    """Nobody may now."""
    BIND = "bind"
    """Whoever binds their browser to an account may."""


@dataclass(frozen=True, slots=True)
class Card:
    """An entry as it is shown."""

    number: int
    sha256: str
    alt: str
    name: str
    """Whose it is, once that is said; "" before, and where there is nothing to be said."""
    made: str
    """How it was made, once that is said."""
    link: str
    chosen: bool
    own: bool


@dataclass(frozen=True, slots=True)
class Line:
    """An entry in the result."""

    place: int
    card: Card
    points: str
    ballots: int
    share: float
    """Of the points of the best, from 0 to 100: the length of its bar."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What the page counts down to."""

    label: str
    at: float
    """Unix time."""
    text: str


@dataclass(frozen=True, slots=True)
class Series:
    """Events that come again and again, as the list shows them."""

    title: str
    kind: Kind
    often: str
    newest: str
    """Name of the newest event of it that people know of."""
    next: Moment | None
    """When the next one is announced; None: it rests."""


@dataclass(frozen=True, slots=True)
class Sight:
    """All that the page of one event shows to one reader."""

    event: Event
    standing: str
    """Where the event stands, in a sentence."""
    next: Moment | None
    rules: Sequence[str]
    prizes: str
    entries: int
    cards: Sequence[Card]
    page: int
    """From 1."""
    pages: int
    vote: May
    chosen: Collection[int]
    receipt: str
    enter: May
    own: Sequence[ShownPicture]
    """The reader's own pictures in the room, which they may enter."""
    result: Sequence[Line] = ()
    judged: bool = False
    ballots: int = 0

    @property
    def over(self) -> bool:
        """Whether nothing is left to be decided."""
        return self.event.state in OVER

    @property
    def on_page(self) -> str:
        """The numbers this page asks about, for the form of the vote."""
        return " ".join(str(card.number) for card in self.cards)


def standing_of(event: Event) -> str:
    """Return where an event stands, as people read it."""
    return say(f"event_page.is_{event.state.value}")


def next_of(event: Event) -> Moment | None:
    """Return what happens next, and when; None if nothing does by the clock."""
    code = NEXT.get(event.state)
    if code is None or event.due is None or event.hold is not None:
        return None
    # late entries count for a while longer; nobody should plan on that
    at = event.plan.schedule.closes.timestamp() if event.state is State.OPEN else event.due
    return Moment(say(code), at, when(at))


def returning(series: Sequence[Recurring], events: Sequence[Event]) -> list[Series]:
    """Return the series of which people know an event; `events` are all they know, newest first."""
    newest = {event.plan.series: event.name for event in reversed(events) if event.plan.series}
    return [_series(one, newest[one.name]) for one in series if one.name in newest]


def _series(one: Recurring, newest: str) -> Series:
    days = f"{one.every_days:g}"
    often = say("event_page.every_day" if days == "1" else "event_page.every_days", days=days)
    moment = None
    if one.next_at is not None:
        moment = Moment(say("event_page.next_one"), one.next_at, when(one.next_at))
    return Series(one.plan.title, one.plan.kind, often, newest, moment)


def may_vote(event: Event, now: float, *, bound: bool) -> May:
    """Tell whether a reader may vote on the page.

    A browser costs nothing, so it votes only in the name of an account it is bound to.
    """
    if not takes_votes(event, now):
        return May.NO
    return May.YES if bound else May.BIND


def may_enter(event: Event, now: float) -> May:
    """Tell whether entries are taken."""
    return May.YES if takes_entries(event, now) else May.NO


def card(
    entry: Entry, event: Event, *, chosen: Collection[int] = (), own: Collection[int] = ()
) -> Card:
    """Return an entry as it is shown now: whose it is is not said before the result stands."""
    told = event.state in NAMED
    prompt = str(entry.recipe.get("prompt", ""))
    return Card(
        number=entry.number,
        sha256=entry.sha256,
        alt=alt_of(entry.number, prompt),
        name=(entry.name or say("entry.anonymous")) if told else "",
        made=_made(entry, prompt) if told else "",
        link=entry.link if told else "",
        chosen=entry.number in chosen,
        own=entry.number in own,
    )


def alt_of(number: int, prompt: str) -> str:
    """Return an entry's picture in words."""
    if not prompt:
        return say("event_page.alt_elsewhere", number=number)
    return say("event_page.alt", number=number, prompt=prompt[:800])


def _made(entry: Entry, prompt: str) -> str:
    if not entry.ours:
        return say("event_page.made_elsewhere", how=str(entry.recipe.get("statement", "")))
    model = str(entry.recipe.get("model", ""))
    return " · ".join(part for part in (prompt, model) if part)


def result_of(event: Event, cards: Mapping[int, Card]) -> list[Line]:
    """Return an event's result as lines with bars, as far as it stands and is known."""
    found: Mapping[str, Any] = event.result or {}
    if event.state not in NAMED:
        return []
    if found.get("judged"):
        winners = [number for number in found.get("winners", ()) if number in cards]
        return [Line(at, cards[n], "", 0, 0.0) for at, n in enumerate(winners, start=1)]
    lines = found.get("lines", ())
    most = float(lines[0]["points"]) if lines else 0.0
    return [
        Line(
            place=int(line["place"]),
            card=cards[line["number"]],
            points=f"{float(line['points']):.6g}",
            ballots=int(line["ballots"]),
            share=round(100 * float(line["points"]) / most, 1) if most else 0.0,
        )
        for line in lines
        if line["number"] in cards
    ]


def merged(before: Collection[int], asked: Collection[int], ticked: Collection[int]) -> set[int]:
    """Return a ballot after a page of it was sent: `asked` stood there, `ticked` were ticked."""
    return (set(before) - set(asked)) | (set(ticked) & set(asked))


def facts_of(event: Event) -> tuple[list[str], str]:
    """Return an event's rules, a line each, and what can be won."""
    return rules(event.plan), prizes(event.plan)
