"""What is said about events in the chat besides entering: lists, votes, moderators' words."""

from __future__ import annotations

import re
from datetime import datetime
from typing import TypedDict

from common import texts
from common.errors import Refusal
from events import lifecycle
from events.course.series import Series
from events.course.steps import Steps
from events.entries.entering import Entering, entered, serves, withdrawn
from events.entries.entry_store import EntryStore
from events.lifecycle import Step
from events.model import FINAL, Ballot, Event, State
from events.once import Done
from events.posts.announcements import prizes, rules
from events.store import EventStore
from events.voting.voting import Voting, said
from events.when import when
from events.wishes import APPROVE, ONE, THEME, UNVOTE, VOTE, read_numbers, read_winners
from request.calls import Call

MOST_LISTED = 20
ENTRY = re.compile(r"#?\d{1,5}")
"""An entry by its number."""


class Chat:
    """Carries out `events`, `event`, `vote`, `unvote`, `approve` and `theme`."""

    def __init__(
        self,
        events: EventStore,
        entries: EntryStore,
        *,
        entering: Entering,
        voting: Voting,
        steps: Steps,
        series: Series,
    ) -> None:
        self._events = events
        self._entries = entries
        self._entering = entering
        self._voting = voting
        self._steps = steps
        self._series = series

    async def again(self, call: Call, done: Done) -> str:
        """Say what has come of a request that was carried out before we could say so."""
        event = await self._events.event(done.event)
        match call.command.word:
            case "enter":
                names = {one.number: one.name for one in await self._entries.of(event)}
                return entered(event, done.number or 0, names.get(done.number or 0, ""))
            case "withdraw":
                return withdrawn(event, done.number or 0)
            case "event":
                return line_of(event)
            case _:
                account, person = call.lease.name, call.incoming.person.id
                kept = await self._voting.of(event, account, person)
                return said(event, kept or Ballot(person, account, (), "", 0.0))

    async def list_events(self, call: Call) -> str:
        """Return what there is to take part in, and what comes."""
        states = [state for state in State if state not in {*FINAL, State.DRAFT, State.PROMOTED}]
        found = await self._events.all(*states)
        here = [event for event in found if serves(event, call.lease.name)][:MOST_LISTED]
        if not here:
            return texts.say("events.none_now")
        return "\n".join((texts.say("events.list"), *(line_of(event) for event in here)))

    async def one(self, call: Call) -> str:
        """Tell of an event, or do what a moderator says to it. Raises Refusal."""
        found = ONE.fullmatch(call.command.argument)
        assert found is not None
        event = await self._entering.meant(call, found["event"])
        if found["step"] is None or (call.command.asked and not found["more"]):
            if event.state is State.DRAFT and not moderates(call, event):
                raise Refusal("events.no_such", name=event.name)
            return await self.told(call, event)
        if not moderates(call, event):
            raise Refusal("events.not_moderator", name=event.name)
        return await self._moderate(call, event, found["step"].casefold(), found["more"] or "")

    async def told(self, call: Call, event: Event) -> str:
        """Return what an event is about, and where it stands."""
        plan = event.plan
        lines = [
            f"{plan.title} ({event.name})",
            plan.theme,
            line_of(event),
            *rules(plan),
            prizes(plan),
        ]
        if moderates(call, event):
            facts = await self._entries.facts(event)
            can = ", ".join(lifecycle.possible(plan, event.state)) or "-"
            lines.append(texts.say("events.moderators", entries=facts.entries, can=can))
            if event.hold is not None:
                lines.append(texts.say(f"events.hold_{event.hold.value}", name=event.name))
        return "\n".join(line for line in lines if line)

    async def _moderate(self, call: Call, event: Event, word: str, more: str) -> str:
        who = f"{call.lease.name}:{call.incoming.person.name}"
        if word in {"hide", "unhide"}:
            digits, _, why = more.partition(" ")
            if ENTRY.fullmatch(digits) is None:
                raise Refusal("events.hide_which", name=event.name, word=word)
            number = int(digits.removeprefix("#"))
            if word == "hide":
                await self._entries.hidden(event, number, who, why)
            else:
                await self._entries.unhidden(event, number, who)
            return texts.say(f"events.{word}", number=number, title=event.plan.title)
        step = Step(word)
        hours: float | None = None
        winners: tuple[int, ...] = ()
        if step is Step.EXTEND:
            digits = more.split(" ", maxsplit=1)[0].removesuffix("h")
            hours = float(digits) if re.fullmatch(r"\d{1,4}(?:\.\d)?", digits) else None
        elif step is Step.JUDGE:
            winners = read_winners(more)
        moved = await self._steps.take(
            event,
            step,
            who,
            why=more,
            hours=hours,
            winners=winners,
            request=call.request.id,
        )
        return line_of(moved)

    async def vote(self, call: Call) -> str:
        """Keep a ballot, or show the one there is. Raises Refusal."""
        found = VOTE.fullmatch(call.command.argument)
        assert found is not None
        event = await self._entering.meant(call, found["event"], State.VOTING)
        numbers = read_numbers(call.command.argument)
        account, person = call.lease.name, call.incoming.person.id
        if not numbers:
            kept = await self._voting.of(event, account, person)
            if kept is None:
                raise Refusal("vote.nothing", name=event.name)
            return said(event, kept)
        return said(event, await self._voting.cast(event, account, person, numbers, **_who(call)))

    async def unvote(self, call: Call) -> str:
        """Take a ballot back. Raises Refusal."""
        found = UNVOTE.fullmatch(call.command.argument)
        assert found is not None
        event = await self._entering.meant(call, found["event"], State.VOTING)
        account, person = call.lease.name, call.incoming.person.id
        return said(event, await self._voting.cast(event, account, person, (), **_who(call)))

    async def approve(self, call: Call) -> str:
        """Add an entry to a ballot, or take it out: what a button under an entry says."""
        found = APPROVE.fullmatch(call.command.argument)
        assert found is not None
        event = await self._entering.meant(call, found["event"])
        account, person = call.lease.name, call.incoming.person.id
        kept = await self._voting.toggle(event, account, person, int(found["number"]), **_who(call))
        return said(event, kept)

    async def theme(self, call: Call) -> str:
        """Let the winner say what the next one is about. Raises Refusal."""
        found = THEME.fullmatch(call.command.argument)
        assert found is not None
        account, person = call.lease.name, call.incoming.person.id
        await self._series.choose(found["event"].casefold(), account, person, found["theme"])
        return texts.say("events.theme_chosen", theme=found["theme"][:200])


class Who(TypedDict):
    """What else decides whether somebody may vote, and what asks for it."""

    joined: datetime | None
    community: str
    request: str


def _who(call: Call) -> Who:
    incoming = call.incoming
    return Who(joined=incoming.joined, community=incoming.place.community, request=call.request.id)


def moderates(call: Call, event: Event) -> bool:
    """Tell whether somebody moderates a community that holds an event."""
    where = call.incoming.place
    return call.incoming.moderator and any(
        venue.account == where.account and venue.community and venue.community == where.community
        for venue in event.plan.venues
    )


def line_of(event: Event) -> str:
    """Return where an event stands, in a line."""
    until = when(event.due) if event.due is not None else "-"
    code = f"events.is_{event.state.value}"
    return texts.say(code, name=event.name, title=event.plan.title, until=until)
