"""The room as requests see it: the one extension of theirs, put together from its parts."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from common import texts
from common.config import PlaceConfig
from common.database import Database
from common.errors import PlatformError, PlatformRefused
from common.model import Audience, Note, NoteKind, Outcome
from events.chat import Chat
from events.course.series import Series
from events.course.steps import Steps
from events.entries.candidate import StylesMeant, no_styles
from events.entries.entering import Entering, serves
from events.entries.entry_store import EntryStore
from events.linking.commands import LinkCommands
from events.model import Event, State, Venue
from events.people import Identities, Strangers
from events.posts.outbox import PAUSE, Outbox
from events.purse import NoPurse, Purse
from events.restaging import numbers_in
from events.store import EventStore
from events.voting.ballot_store import BallotStore
from events.voting.tally import Counted
from events.voting.voting import Voting
from events.wishes import COMMANDS
from request.adapter import Adapter, Polling, Upvoted
from request.allowed.terms import Payer
from request.answering import answers
from request.calls import Call
from request.kept.leases import Lease, Leases
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.records import RequestRow
from request.kept.store import Store
from request.wanted.sources import Fetch
from styles.image_request import ImageRequest

log = structlog.get_logger()

FRESH = 5.0
"""Seconds for which the list of open events is not read again."""
ENTER = "enter"


@dataclass(frozen=True, slots=True)
class Parts:
    """What the room is made of; pages and commands use these."""

    events: EventStore
    entries: EntryStore
    ballots: BallotStore
    series: Series
    outbox: Outbox
    voting: Voting
    steps: Steps
    purse: Purse
    people: People


def open_parts(
    database: Database,
    marks: Marks,
    leases: Leases,
    pictures: Path,
    *,
    identities: Identities | None = None,
    purse: Purse | None = None,
    page: Callable[[Event], str] = lambda _event: "",
    galleries: Callable[[], Sequence[Venue]] = tuple,
    pause: Callable[[], float] = lambda: PAUSE,
    now: Callable[[], float] = time.time,
) -> Parts:
    """Put the parts together. Without `identities` every account is a person."""
    identities, purse = identities or Strangers(), purse or NoPurse()
    events = EventStore(database, now=now)
    entries = EntryStore(database, identities, now=now)
    ballots = BallotStore(database, identities, now=now)
    people = People(database, marks, now=now)
    return Parts(
        events=events,
        entries=entries,
        ballots=ballots,
        series=Series(database, events, identities, marks, now=now),
        outbox=Outbox(database, leases, pictures, pause=pause, now=now),
        voting=Voting(ballots, people, marks, identities=identities, now=now),
        steps=Steps(events, entries, ballots, purse, page=page, galleries=galleries, now=now),
        purse=purse,
        people=people,
    )


class Room:
    """Adds events to requests (`request/extension.py`)."""

    commands: Mapping[str, re.Pattern[str]]

    def __init__(
        self,
        parts: Parts,
        requests: Store,
        marks: Marks,
        pictures: Path,
        fetch: Fetch,
        *,
        identities: Identities | None = None,
        linking: LinkCommands | None = None,
        styles: StylesMeant = no_styles,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.parts = parts
        self._requests = requests
        self._linking = linking
        self.commands = COMMANDS if linking is None else {**COMMANDS, **linking.commands}
        self._marks = marks
        self._now = now
        self._open: tuple[float, list[Event]] = (-FRESH, [])
        entering = self._entering = Entering(
            parts.events,
            parts.entries,
            requests,
            identities=identities or Strangers(),
            people=parts.people,
            marks=marks,
            pictures=pictures,
            fetch=fetch,
            styles=styles,
            now=now,
        )
        chat = self._chat = Chat(
            parts.events,
            parts.entries,
            entering=entering,
            voting=parts.voting,
            steps=parts.steps,
            series=parts.series,
        )
        self._answers = {
            "withdraw": entering.withdraw,
            "vote": chat.vote,
            "unvote": chat.unvote,
            "approve": chat.approve,
            "events": chat.list_events,
            "event": chat.one,
            "theme": chat.theme,
        }

    async def answer(self, call: Call) -> Outcome:
        """Do what one of the commands says, once. Raises Refusal if it cannot be done."""
        if (done := await self.parts.events.done(call.request.id)) is not None:
            return answers.told(call.request.id, await self._chat.again(call, done))
        if call.command.word == ENTER:
            reply = await self._entering.enter(call)
            told = answers.told(call.request.id, reply.text)
            return replace(told, follow_ups=reply.choices)
        if self._linking is not None and call.command.word in self._linking.commands:
            return await self._linking.answer(call)
        only_asked = call.command.asked and call.command.word in {"withdraw", "unvote"}
        do = self._chat.list_events if only_asked else self._answers[call.command.word]
        return answers.told(call.request.id, await do(call))

    async def before(
        self, request: RequestRow, place: PlaceConfig, image: ImageRequest
    ) -> ImageRequest:
        """Give a picture asked for in an event's thread what its rules ask for anyway."""
        del place
        event = next((one for one in await self._current() if in_thread(one, request)), None)
        return image if event is None else fitted(image, event)

    async def payer(self, request: RequestRow) -> Payer | None:
        """Return who pays for what is made in the thread of a party."""
        event = next((one for one in await self._current() if in_thread(one, request)), None)
        if event is None:
            return None
        jobs = [row.job for row in await self._requests.jobs_of(request.id)]
        return await self.parts.purse.payer(event, jobs)

    async def offer(self, request: RequestRow, outcome: Outcome, adapter: Adapter) -> Outcome:
        """Say that an answer can be entered, where there is something to enter it in."""
        hidden = outcome.private or request.incoming.audience is not Audience.PUBLIC
        if not outcome.pictures or hidden or ENTER in outcome.follow_ups:
            return outcome
        account = request.incoming.place.account
        here = [event for event in await self._current() if serves(event, account)]
        if not here:
            return outcome
        notes = outcome.notes
        meant = [event for event in here if in_thread(event, request) or tagged(event, request)]
        if meant and not adapter.capabilities.pressed:
            said = texts.say("entry.offer", name=meant[0].name)
            notes = (*notes, Note("entry.offer", said, NoteKind.INFO))
        return replace(outcome, notes=notes, follow_ups=(*outcome.follow_ups, ENTER))

    async def after(
        self, lease: Lease, request: RequestRow, outcome: Outcome, adapter: Adapter
    ) -> None:
        """Take no notice."""

    async def serve(self, lease: Lease, adapter: Adapter) -> None:
        """Post what is due on an account."""
        await self.parts.outbox.serve(lease, adapter)
        if isinstance(adapter, Polling):
            await self._count(lease, adapter)
        if isinstance(adapter, Upvoted):
            await self._count_upvotes(lease, adapter)

    async def _count(self, lease: Lease, adapter: Polling) -> None:
        """Keep the votes of an account's polls that are over."""
        for row in await self.parts.outbox.polls(lease.name):
            try:
                counts = await adapter.count(row.post or "")
            except PlatformRefused:
                counts = []  # the poll is gone
            except PlatformError as error:
                log.info("votes_not_counted", challenge=row.event.name, error=str(error))
                continue
            if counts is None:
                continue
            found = [
                Counted(f"{lease.name}:{row.key}", lease.name, entry, votes)
                for entry, votes in zip(row.body["entries"], counts, strict=False)
            ]
            await self.parts.ballots.counted(row.event, lease.name, found)
            await self.parts.outbox.counted(lease, row)

    async def _count_upvotes(self, lease: Lease, adapter: Upvoted) -> None:
        """Keep the upvotes of an account's posts once the voting is over."""
        for row in await self.parts.outbox.upvoted(lease.name):
            try:
                votes = await adapter.upvotes(row.post or "")
            except PlatformRefused:
                votes = 0  # the post is gone
            except PlatformError as error:
                log.info("votes_not_counted", challenge=row.event.name, error=str(error))
                continue
            [number] = numbers_in(row.body)
            source = f"{lease.name}:{row.key}:{row.id}"
            found = [Counted(source, lease.name, number, votes, upvotes=True)]
            await self.parts.ballots.counted(row.event, lease.name, found)
            await self.parts.outbox.counted(lease, row)

    async def keeps(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that are entered somewhere."""
        return await self.parts.entries.keeps(names)

    async def forget(self, lease: Lease, person: str) -> Sequence[str]:
        """Blank a person's entries, and take down the posts that show them; delete their votes.

        Returns the names of the pictures they had entered.
        """
        mark = self._marks.person(lease.name, person)
        blanked = await self.parts.entries.forgotten(lease, mark)
        await self.parts.outbox.taken_back(lease, [(one.event, one.number) for one in blanked])
        await self.parts.series.forget(mark)
        if self._linking is not None:
            await self._linking.forget(lease.name, person)
        return [one.sha256 for one in blanked if one.sha256]

    async def _current(self) -> list[Event]:
        """Return the events that take entries, as they were a moment ago."""
        at, found = self._open
        if self._now() - at >= FRESH:
            found = await self.parts.events.all(State.OPEN)
            self._open = (self._now(), found)
        return found


def in_thread(event: Event, request: RequestRow) -> bool:
    """Tell whether something was asked for in an event's own thread or channel."""
    where = request.incoming.place
    return any(
        venue.account == where.account and venue.to and venue.to == where.channel
        for venue in event.plan.venues
    )


def tagged(event: Event, request: RequestRow) -> bool:
    """Tell whether a request carries an event's tag: `#autumn`."""
    words = request.incoming.text.casefold()
    return re.search(rf"#{re.escape(event.name)}(?![\w-])", words) is not None


def fitted(image: ImageRequest, event: Event) -> ImageRequest:
    """Return a request with the one style, model, seed or size an event asks for, if none was said.

    Pure. What was said stays: the rules are told when it is entered.
    """
    rules = event.plan.rules
    changes: dict[str, object] = {}
    if image.style is None and len(rules.styles) == 1:
        changes["style"] = rules.styles[0]
    if image.model is None and len(rules.models) == 1:
        changes["model"] = rules.models[0]
    if image.seed is None and rules.seed is not None:
        changes["seed"] = rules.seed
    if image.size is None and image.ratio is None and rules.size is not None:
        changes["size"] = rules.size
    return replace(image, **changes)  # type: ignore[arg-type]
