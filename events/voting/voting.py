"""Voting: what may be chosen, in which order it is shown, and what is said."""

from __future__ import annotations

import hashlib
import random
import time
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import TypeVar

from common import texts
from events.entries import candidate
from events.model import Ballot, Event
from events.people import Identities, Strangers, age_of, check_standing
from events.voting.ballot_store import BallotStore
from request.kept.marks import Marks
from request.kept.people import People

T = TypeVar("T")


class Voting:
    """The door in front of the ballots, the same for every platform and the page."""

    def __init__(
        self,
        ballots: BallotStore,
        people: People,
        marks: Marks,
        *,
        identities: Identities | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._identities = identities or Strangers()
        self._ballots = ballots
        self._people = people
        self._marks = marks
        self._now = now

    async def cast(
        self,
        event: Event,
        account: str,
        person: str,
        choices: Iterable[int],
        *,
        joined: datetime | None = None,
        community: str = "",
        column: str | None = None,
        request: str = "",
    ) -> Ballot:
        """Keep a person's ballot instead of the one before. Raises Refusal with the reason.

        It counts in the column of `account`, or of another account that person has. What a
        `request` asks for counts once.
        """
        await self._check(event, account, person, joined=joined, community=community)
        mark = self._marks.person(account, person)
        return await self._ballots.cast(event, mark, column or account, choices, request=request)

    async def toggle(
        self,
        event: Event,
        account: str,
        person: str,
        number: int,
        *,
        joined: datetime | None = None,
        community: str = "",
        request: str = "",
    ) -> Ballot:
        """Add an entry to a person's ballot, or take it out if it is there. Raises Refusal."""
        await self._check(event, account, person, joined=joined, community=community)
        mark = self._marks.person(account, person)
        return await self._ballots.toggle(event, mark, account, number, request=request)

    async def _check(
        self, event: Event, account: str, person: str, *, joined: datetime | None, community: str
    ) -> None:
        """Refuse who may not vote."""
        await check_standing(self._people, account, person, community)
        if event.plan.rules.account_days:
            mark = self._marks.person(account, person)
            candidate.check_age(event, await age_of(self._identities, mark, joined, self._now()))

    async def of(self, event: Event, account: str, person: str) -> Ballot | None:
        """Return a person's ballot; None if they have none."""
        return await self._ballots.of(event, self._marks.person(account, person))


def shuffled(entries: Sequence[T], salt: str, viewer: str) -> list[T]:
    """Return entries in an order of a viewer's own, the same each time they look."""
    seed = hashlib.sha256(f"{salt}\x00{viewer}".encode("utf-8", "replace")).digest()
    draw = random.Random(seed)
    return sorted(entries, key=lambda _entry: draw.random())


def said(event: Event, ballot: Ballot) -> str:
    """Return what a voter is told."""
    if not ballot.choices:
        return texts.say("vote.taken_back", title=event.plan.title)
    numbers = ", ".join(map(str, ballot.choices))
    return texts.say(
        "vote.kept",
        numbers=numbers,
        title=event.plan.title,
        receipt=ballot.receipt,
        name=event.name,
    )
