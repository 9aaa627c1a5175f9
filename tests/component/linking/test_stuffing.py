"""Ballot stuffing: accounts behind one browser are one voter, whenever they were linked."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from common.errors import Refusal
from events.course.steps import Steps
from events.entries.entry_store import EntryStore
from events.lifecycle import Step
from events.linking.links import Links
from events.model import Plan, State
from events.purse import NoPurse
from events.store import EventStore
from events.tables import entries as entries_table
from events.voting.ballot_store import BallotStore
from request.kept.marks import Marks

pytestmark = pytest.mark.database
DAY = 24 * 3600.0


class Booth:
    """An event in its voting, with three entries of `ann`, `bob` and `eve`."""

    def __init__(self, database, clock):
        self.database, self.clock = database, clock
        self.links = Links(database, Marks(b"k" * 32), now=clock)
        self.ballots = BallotStore(database, self.links, now=clock)
        self.entries = EntryStore(database, self.links, now=clock)

    async def open(self):
        events = EventStore(self.database, now=self.clock)
        at = datetime.fromtimestamp
        schedule = {
            "opens": at(self.clock.now, UTC),
            "closes": at(self.clock.now + DAY, UTC),
        }
        plan = {"name": "autumn", "title": "Autumn", "theme": "Leaves", "schedule": schedule}
        self.event = await events.drafted(Plan.model_validate(plan), "ann")
        for number, person in enumerate(("ann", "bob", "eve"), start=1):
            await self._enter(number, self.links.mark("discord", person))
        steps = Steps(events, self.entries, self.ballots, NoPurse(), now=self.clock)
        for step in (Step.ANNOUNCE, Step.OPEN, Step.CLOSE, Step.VOTE):
            self.event = await steps.take(self.event, step, "ann")
        assert self.event.state is State.VOTING
        return self

    async def _enter(self, number, entrant):
        row = dict.fromkeys(("likeness", "licence", "request", "link", "reason"), "")
        row |= {"event": self.event.id, "number": number, "account": "discord", "recipe": {}}
        row |= {"entrant": entrant, "shown": "name", "name": "x", "mime": "image/webp"}
        row |= {"sha256": str(number), "prompt_hash": str(number), "ours": True}
        row |= {"state": "entered", "at": self.clock.now}
        async with self.database.write() as connection:
            await connection.execute(entries_table.insert().values(row))

    async def link(self, person, visitor="visitor"):
        browser = self.links.mark("web", visitor)
        code = await self.links.offer(browser)
        await self.links.post(code, account="discord", person=person, name=person)
        await self.links.confirm(browser)

    async def vote(self, person, *choices, account="discord"):
        mark = self.links.mark(account, person)
        return await self.ballots.cast(self.event, mark, account, choices)

    async def counted(self):
        return sorted(one.choices for one in (await self.ballots.votes(self.event)).ballots)


@pytest.fixture
async def booth(database, clock):
    return await Booth(database, clock).open()


async def test_many_accounts_behind_one_browser_have_one_vote(booth):
    for number in range(9):
        await booth.link(f"sock {number}")
        await booth.vote(f"sock {number}", 1)
        booth.clock.now += 1
    await booth.vote("visitor", 2, account="web")

    assert await booth.counted() == [(2,)]


async def test_accounts_linked_after_they_voted_have_one_vote_too(booth):
    for number in range(9):
        await booth.vote(f"sock {number}", 1)
    assert len(await booth.counted()) == 9

    for number in range(9):
        await booth.link(f"sock {number}")
    assert await booth.counted() == [(1,)]


async def test_nobody_votes_for_themselves_by_another_account(booth):
    await booth.link("ann")
    await booth.link("another of ann")

    with pytest.raises(Refusal, match="1"):
        await booth.vote("another of ann", 1)
    with pytest.raises(Refusal, match="1"):
        await booth.vote("visitor", 1, account="web")
    await booth.vote("another of ann", 2)
    assert await booth.counted() == [(2,)]


async def test_a_replayed_code_gives_no_second_vote(booth):
    browser = booth.links.mark("web", "visitor")
    code = await booth.links.offer(browser)
    await booth.links.post(code, account="discord", person="zoe", name="Zoe")
    await booth.links.confirm(browser)
    with pytest.raises(Refusal):
        await booth.links.post(code, account="discord", person="yan", name="Yan")

    await booth.vote("visitor", 1, account="web")
    booth.clock.now += 1
    await booth.vote("zoe", 2)
    assert await booth.counted() == [(2,)]
