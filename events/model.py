"""The language of events: what an organiser plans, and the states an event goes through.

A `Plan` is what the wizard writes and the moderator may still change; everything else about an
event (`Event`, `Entry`, `Ballot`) is a row of `tables.py` as a value. Start reading here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AfterValidator, AwareDatetime, Field, model_validator

from common.settings.section import Section
from events.prizes import Prizes

NAME = re.compile(r"[a-z](?:[a-z0-9-]{0,46}[a-z0-9])?")
"""What people type after `enter`, and the tag in posts."""
MOST_ENTRIES = 20
WORD_LENGTH = 100


class Kind(StrEnum):
    """What is held."""

    CHALLENGE = "challenge"
    """Pictures to a theme; the best ones win."""
    CONTEST = "contest"
    """Styles, each shown by a picture; the winners go into the stylelist. Entries are CC0."""
    PARTY = "party"
    """Everybody makes pictures, and whoever does is rewarded; nobody votes."""


class State(StrEnum):
    """Where an event stands. The last two are final."""

    DRAFT = "draft"
    ANNOUNCED = "announced"
    """Posted, with the day it opens."""
    OPEN = "open"
    """Entries are taken."""
    CLOSED = "closed"
    """No more entries; moderators look them over."""
    VOTING = "voting"
    TALLY = "tally"
    """The votes are in and are being counted."""
    REVIEW = "review"
    """Counted; moderators may still set something right."""
    AWARDED = "awarded"
    """The result stands; prizes are on their way."""
    PROMOTED = "promoted"
    """The winners are posted, and what they made is featured."""
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


FINAL = frozenset({State.ARCHIVED, State.CANCELLED})


class Hold(StrEnum):
    """Why the clock leaves an event alone until a moderator decides."""

    FEW_ENTRIES = "few_entries"
    FEW_VOTES = "few_votes"
    UNFUNDED = "unfunded"
    """The prizes are not covered by what the sponsors have put up."""


def _check_name(name: str) -> str:
    if NAME.fullmatch(name) is None:
        raise ValueError(
            "begin with a small letter; use small letters, digits and dashes, at most 48"
        )
    return name


def _check_stamp(at: datetime) -> datetime:
    return at.astimezone(UTC)


EventName = Annotated[str, AfterValidator(_check_name)]
Stamp = Annotated[AwareDatetime, AfterValidator(_check_stamp)]
Word = Annotated[str, Field(min_length=1, max_length=WORD_LENGTH)]
Words = Annotated[tuple[Word, ...], Field(max_length=50)]


class Rules(Section):
    """What an entry must keep to."""

    required: Words = Field(default=(), description="Words the prompt must hold.")
    forbidden: Words = Field(default=(), description="Words the prompt may not hold.")
    styles: Words = Field(
        default=(), description="Styles or categories of which one must be used; empty: any."
    )
    models: Words = Field(default=(), description="Models of which one must be used; empty: any.")
    seed: str | None = Field(default=None, max_length=64, description="The one seed to be used.")
    size: tuple[int, int] | None = Field(
        default=None, description="Width and height in pixels that the picture must have."
    )
    entries: int = Field(default=1, ge=1, le=MOST_ENTRIES, description="Entries per person.")
    account_days: float = Field(
        default=0, ge=0, le=3650, description="Days an account must have existed to enter or vote."
    )
    elsewhere: bool = Field(
        default=False,
        description="Whether pictures made elsewhere may be entered, with a word on how.",
    )
    language: str = Field(
        default="en", max_length=8, description="Language of our posts: de, en, es or fr."
    )


class Schedule(Section):
    """When what happens, by the clock."""

    announces: Stamp | None = Field(
        default=None, description="When it is announced; null: when the organiser says so."
    )
    opens: Stamp = Field(description="From when entries are taken, with time zone.")
    closes: Stamp = Field(description="Until when.")
    grace_minutes: float = Field(
        default=10, ge=0, le=24 * 60, description="Minutes for which late entries still count."
    )
    looking_hours: float = Field(
        default=12, ge=0, le=30 * 24, description="Hours moderators have before the voting."
    )
    voting_hours: float = Field(default=48, gt=0, le=60 * 24, description="Hours of voting.")
    review_hours: float = Field(
        default=24, ge=0, le=30 * 24, description="Hours moderators have before a result stands."
    )
    featured_days: float = Field(
        default=14, ge=0, le=365, description="Days for which winners stay in `featured`."
    )

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.closes <= self.opens:
            raise ValueError("it closes before it opens")
        if self.closes - self.opens > timedelta(days=180):
            raise ValueError("it is open for more than 180 days")
        if self.announces is not None and self.announces > self.opens:
            raise ValueError("it is announced after it opens")
        return self


class Venue(Section):
    """A place where the event is posted."""

    account: str = Field(min_length=1, max_length=64, description="The bot's account.")
    to: str = Field(
        default="", max_length=255, description="Channel or community, in the platform's words."
    )
    community: str = Field(
        default="",
        max_length=255,
        description="Community (Discord: the server's id) whose moderators run the event as well.",
    )


class Voting(Section):
    """How the winners are found."""

    fewest_entries: int = Field(default=3, ge=1, le=1000, description="Fewest entries to vote on.")
    fewest_votes: int = Field(default=3, ge=0, le=100_000, description="Fewest ballots that count.")
    largest_share: float = Field(
        default=0.67,
        gt=0,
        le=1,
        description="Largest share of all votes that one platform may have, if there are several.",
    )
    upvotes: float = Field(
        default=0,
        ge=0,
        le=0.25,
        description="Share of the whole that the most upvoted entry has from upvotes on Lemmy, the "
        "others less; 0: they count for nothing, and no post asks for them.",
    )
    places: int = Field(default=3, ge=1, le=20, description="Places that are announced.")


class Plan(Section):
    """What an organiser has decided."""

    name: EventName = Field(description="What people type after `enter`, as autumn-2027.")
    kind: Kind = Field(default=Kind.CHALLENGE, description="challenge, contest or party.")
    title: str = Field(min_length=1, max_length=100, description="One line.")
    theme: str = Field(min_length=1, max_length=1500, description="What it is about, in words.")
    rules: Rules = Field(default=Rules(), description="What an entry must keep to.")
    schedule: Schedule = Field(description="When what happens.")
    venues: tuple[Venue, ...] = Field(default=(), max_length=20, description="Where it is posted.")
    voting: Voting = Field(default=Voting(), description="How the winners are found.")
    prizes: Prizes = Field(default=Prizes(), description="What is given.")
    series: str | None = Field(
        default=None, max_length=48, description="The recurring series it belongs to."
    )

    @property
    def votes(self) -> bool:
        """Whether there is a vote at all."""
        return self.kind is not Kind.PARTY


@dataclass(frozen=True, slots=True)
class Event:
    """An event as stored."""

    id: str
    """Short, for links and posts."""
    plan: Plan
    state: State
    due: float | None
    """Unix time at which the clock looks at it next; None: a moderator moves it on."""
    hold: Hold | None
    salt: str
    """Of which the shuffled order of its entries is drawn."""
    result: dict[str, Any] | None
    """What the count found (`tally.py`)."""
    created: float
    since: float
    """Unix time at which it came into its state."""

    @property
    def name(self) -> str:
        """What people type."""
        return self.plan.name


class Shown(StrEnum):
    """As whom an entrant is shown."""

    NAME = "name"
    NICKNAME = "nickname"
    ANONYMOUS = "anonymous"


class EntryState(StrEnum):
    """Where an entry stands."""

    ENTERED = "entered"
    WITHDRAWN = "withdrawn"
    """By who entered it, or replaced by another of theirs."""
    HIDDEN = "hidden"
    """By a moderator, with a reason."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as stored."""

    id: int
    event: str
    number: int
    """What people call it by; from 1, in the order of coming."""
    account: str
    """Our account on which it was entered."""
    entrant: str
    """A keyed hash of who entered it (`request/kept/marks.py`)."""
    shown: Shown
    name: str
    """As which the entrant is shown; "" if anonymous."""
    sha256: str
    mime: str
    likeness: str
    prompt_hash: str
    recipe: dict[str, Any]
    """How it was made: `job` (as `request/kept/encoding.py` writes it), seed, model, worker, size;
    or `statement`."""
    ours: bool
    """Whether we made it; else the entrant says how it was made."""
    licence: str
    """`CC0-1.0`, or "" where nothing was asked."""
    request: str
    """Short id of the request it came from; "" if it came from elsewhere."""
    link: str
    state: EntryState
    reason: str
    at: float


@dataclass(frozen=True, slots=True)
class Ballot:
    """What somebody voted: a set of entries they approve of."""

    voter: str
    """A keyed hash of the person."""
    column: str
    """The account of ours through which it came: what a platform's share is counted by."""
    choices: tuple[int, ...]
    """Numbers of entries, ascending."""
    receipt: str
    """Under which it is published; random, and known to the voter alone."""
    at: float
