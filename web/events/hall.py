"""What the pages ask of events, and what their forms do to them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from common.errors import Refusal
from common.model import IncomingKind
from events.linking.links import Bound, Links
from events.model import Ballot, Event, State
from events.room import Parts
from events.voting.ballot_store import Votes
from events.voting.published import document
from events.voting.tally import Result
from events.voting.voting import shuffled
from web.chat.room import Room
from web.chat.store import Message, ShownPicture, Visitor
from web.events import scene
from web.events.scene import PER_PAGE, May, Sight

FRESH = 1.0
"""Seconds for which the list of an event's entries is not read again."""
WIDE = 4096
"""Width in pixels of a picture whose own is not known: its small copies are made when asked for."""
PUBLISHED_FOR, MOST_PUBLISHED = 60.0, 4
"""Seconds for which a file of ballots is handed out again, and how many such files are held."""
OWN_PICTURES = 12
"""Of a visitor's pictures, from which to choose what to enter."""


@dataclass(frozen=True, slots=True)
class Stand:
    """What has to change before an open page has to."""

    state: State
    due: float | None
    entries: int


@dataclass(frozen=True, slots=True)
class Wish:
    """What the form says with which a visitor enters one of their pictures."""

    message: int
    """Id of the bot's message that holds it."""
    picture: int
    shown: str
    """`me`, `anonymous`, or the nickname."""
    cc0: bool


@dataclass(frozen=True, slots=True)
class EnteredPicture:
    """A picture people may see because it is entered in an event."""

    mime: str
    width: int


class Hall:
    """Events as the visitors of one room see them."""

    def __init__(
        self, parts: Parts, links: Links, room: Room, *, now: Callable[[], float] = time.time
    ) -> None:
        self._parts = parts
        self._links = links
        self._room = room
        self._now = now
        self._numbers: dict[str, tuple[float, list[int]]] = {}
        self._published: dict[str, tuple[float, bytes]] = {}
        self._publishing = asyncio.Lock()

    # --- looking ----------------------------------------------------------------------------

    async def all(self) -> list[Event]:
        """Return all events that people may know of, newest first."""
        return await self._parts.events.all(*(state for state in State if state != State.DRAFT))

    async def series(self, events: Sequence[Event]) -> list[scene.Series]:
        """Return what comes again of these events, which are all that people may know of."""
        return scene.returning(await self._parts.series.all(), events)

    async def event(self, name: str) -> Event | None:
        """Return an event people may know of, by its name or id."""
        found = await self._parts.events.find(name)
        return None if found is None or found.state is State.DRAFT else found

    async def stand(self, event: Event) -> Stand:
        """Return by what an open page knows that it is old."""
        facts = await self._parts.entries.facts(event)
        return Stand(event.state, event.due, facts.entries)

    async def sight(self, event: Event, visitor: str, page: int) -> Sight:
        """Return a page of an event as a visitor sees it."""
        order = await self._order(event, visitor)
        pages = max(1, -(-len(order) // PER_PAGE))
        page = min(max(page, 1), pages)
        numbers = order[(page - 1) * PER_PAGE : page * PER_PAGE]
        rules, prizes = scene.facts_of(event)
        ballot = await self._ballot(event, visitor)
        vote, enter = await self.may_vote(event, visitor), scene.may_enter(event, self._now())
        own = await self._own(event, visitor) if vote is May.YES else set()
        chosen = set(ballot.choices) if ballot else set()
        cards = {
            entry.number: scene.card(entry, event, chosen=chosen, own=own)
            for entry in await self._parts.entries.some(event, numbers)
        }
        return Sight(
            event=event,
            standing=scene.standing_of(event),
            next=scene.next_of(event),
            rules=rules,
            prizes=prizes,
            entries=len(order),
            cards=[cards[number] for number in numbers if number in cards],
            page=page,
            pages=pages,
            vote=vote,
            chosen=chosen,
            receipt=ballot.receipt if ballot else "",
            enter=enter,
            own=await self._pictures(visitor) if enter is May.YES else (),
            result=scene.result_of(event, cards),
            judged=bool((event.result or {}).get("judged")),
            ballots=int((event.result or {}).get("ballots", 0)),
        )

    async def picture(self, sha256: str) -> EnteredPicture | None:
        """Return a picture that is entered somewhere, by its bytes' hash."""
        entry = await self._parts.entries.picture(sha256)
        if entry is None:
            return None
        job = entry.recipe.get("job") or {}
        return EnteredPicture(entry.mime, int(job.get("width", WIDE)))

    async def published(self, event: Event) -> bytes | None:
        """Return the file of the ballots and what they come to, once the result stands.

        Many take seconds to read and to count: it is made once for all who ask within a minute.
        """
        if event.state not in scene.NAMED or not (event.result or {}).get("lines"):
            return None
        async with self._publishing:
            at, file = self._published.pop(event.id, (-PUBLISHED_FOR, b""))
            if not 0 <= self._now() - at < PUBLISHED_FOR:
                votes = await self._parts.ballots.votes(event)
                result = await self._parts.steps.count(event)
                file = await asyncio.to_thread(_file, event, votes, result)
                at = self._now()
            self._published[event.id] = at, file
            while len(self._published) > MOST_PUBLISHED:
                del self._published[next(iter(self._published))]
            return file

    async def may_vote(self, event: Event, visitor: str) -> May:
        """Tell whether a visitor may vote.

        Where an event is held in the room alone there is no account to bind a browser to, and
        each browser has a vote.
        """
        elsewhere = {venue.account for venue in event.plan.venues} - {self._room.name}
        bound = not elsewhere or bool(await self._bound(visitor))
        return scene.may_vote(event, self._now(), bound=bound)

    # --- doing ------------------------------------------------------------------------------

    async def vote(
        self, event: Event, visitor: str, asked: Collection[int], ticked: Collection[int]
    ) -> Ballot:
        """Keep what a page of a ballot says. Raises Refusal."""
        may = await self.may_vote(event, visitor)
        if may is not May.YES:
            code = "event_page.bind_first" if may is May.BIND else "vote.closed"
            raise Refusal(code, name=event.name)
        before = await self._ballot(event, visitor)
        choices = scene.merged(before.choices if before else (), asked, ticked)
        bound = await self._bound(visitor)
        column = bound[0].account if bound else self._room.name
        return await self._parts.voting.cast(
            event, self._room.name, visitor, choices, column=column
        )

    async def enter(self, event: Event, visitor: Visitor, wish: Wish, token: str) -> Message:
        """Say in the room that a picture is entered; the bot answers there. Raises Refusal."""
        message = await self._room.message(wish.message)
        known = message is not None and message.author is None
        if not known or await self._author_of(message) != visitor.id:
            raise Refusal("entry.not_your_picture")
        shown = "anonymous" if wish.shown == "anonymous" else f"as {wish.shown}"
        words = ["enter", event.name, str(wish.picture), shown, "cc0" if wish.cc0 else ""]
        return await self._room.write(
            visitor,
            " ".join(word for word in words if word),
            token,
            kind=IncomingKind.BUTTON,
            reply_to=wish.message,
        )

    # --- inside -----------------------------------------------------------------------------

    async def _order(self, event: Event, visitor: str) -> list[int]:
        numbers = await self._standing(event)
        if event.state not in scene.NAMED:
            return shuffled(numbers, event.salt, visitor)
        lines = (event.result or {}).get("lines") or ()
        first = [line["number"] for line in lines] or list((event.result or {}).get("winners", ()))
        known, told = set(numbers), set(first)
        best = [number for number in first if number in known]
        return best + [number for number in numbers if number not in told]

    async def _standing(self, event: Event) -> list[int]:
        """Return the numbers of an event's entries, as they were a moment ago."""
        at, numbers = self._numbers.get(event.id, (-FRESH, []))
        if not 0 <= self._now() - at < FRESH:
            numbers = await self._parts.entries.numbers(event)
            self._numbers[event.id] = (self._now(), numbers)
        return numbers

    async def _ballot(self, event: Event, visitor: str) -> Ballot | None:
        if event.state not in {State.VOTING, State.TALLY, State.REVIEW, *scene.NAMED}:
            return None
        return await self._parts.voting.of(event, self._room.name, visitor)

    async def _bound(self, visitor: str) -> list[Bound]:
        return await self._links.bound(self._links.mark(self._room.name, visitor))

    async def _own(self, event: Event, visitor: str) -> set[int]:
        marks = {one.person for one in await self._bound(visitor)}
        marks.add(self._links.mark(self._room.name, visitor))
        return set(await self._parts.entries.numbers(event, entrants=marks))

    async def _pictures(self, visitor: str) -> list[ShownPicture]:
        return await self._room.pictures_of(visitor, OWN_PICTURES)

    async def _author_of(self, message: Message | None) -> str | None:
        asked = message.reply_to if message else None
        request = await self._room.message(asked) if asked else None
        return request.author if request else None


def _file(event: Event, votes: Votes, result: Result) -> bytes:
    body = document(event, votes.entries, votes.ballots, votes.counted, result)
    return json.dumps(body).encode()
