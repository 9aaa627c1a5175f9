"""Voting: who may choose what until when, and how it is counted."""

import asyncio
import random
import time
from datetime import UTC, datetime

import pytest
import sqlalchemy as sa

from common.errors import Refusal
from events.course.clock import Clock
from events.lifecycle import Step
from events.linking.links import Links
from events.model import State
from events.room import open_parts
from events.tables import ballots
from events.voting.ballot_store import BallotStore
from events.voting.published import rule_of
from events.voting.tally import result_of, tally
from request.kept.leases import Leases
from tests.component.events.conftest import DAY, HOUR, put_to_vote
from tests.component.events.wall import MARKS, Clocked, entered

pytestmark = pytest.mark.database


@pytest.fixture
async def voting(parts, planned, clock, leases):
    return await put_to_vote(parts, planned(), await leases.take("web"), clock, entries=4)


async def test_a_ballot_is_changed_and_keeps_its_receipt(parts, voting):
    first = await parts.voting.cast(voting, "web", "v", (1, 2))
    second = await parts.voting.toggle(voting, "web", "v", 3)
    third = await parts.voting.toggle(voting, "web", "v", 1)
    assert (first.choices, second.choices, third.choices) == ((1, 2), (1, 2, 3), (2, 3))
    assert first.receipt == third.receipt
    assert (await parts.ballots.votes(voting)).ballots[0].choices == (2, 3)
    await parts.voting.cast(voting, "web", "v", ())
    assert (await parts.ballots.votes(voting)).ballots == ()


async def test_more_people_vote_and_enter_at_once_than_there_are_connections(
    database, leases, clock, tmp_path, planned
):
    links = Links(database, MARKS, now=clock)
    parts = open_parts(database, MARKS, leases, tmp_path, identities=links, now=clock)
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    people = range(1, 31)
    await asyncio.gather(*(entered(parts, web, event, f"p{n}", n, clock) for n in people))
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await asyncio.gather(*(parts.voting.cast(event, "web", f"v{n}", (1,)) for n in people))
    assert (await parts.entries.facts(event)).ballots == len(people)


async def test_nobody_votes_for_themselves_or_for_what_is_not_there(parts, voting):
    with pytest.raises(Refusal, match="leave out 2"):
        await parts.voting.cast(voting, "web", "p2", (1, 2))
    with pytest.raises(Refusal, match="no entry 77"):
        await parts.voting.cast(voting, "web", "v", (1, 77))
    await parts.entries.hidden(voting, 4, "ann", "no leaf")
    with pytest.raises(Refusal, match="no entry 4"):
        await parts.voting.cast(voting, "web", "v", (4,))


async def test_votes_end_with_the_voting_to_the_second(parts, voting, clock):
    clock.now = voting.due - 0.5
    await parts.voting.cast(voting, "web", "v", (1,))
    clock.now = voting.due
    with pytest.raises(Refusal, match="not open for votes"):
        await parts.voting.cast(voting, "web", "w", (1,))


@pytest.mark.parametrize("skew", [-3 * HOUR, 3 * HOUR])
async def test_of_two_processes_whose_clocks_differ_neither_opens_what_the_other_has_closed(
    parts, voting, database, leases, clock, tmp_path, skew
):
    other_clock = Clocked(clock, skew)
    other = open_parts(
        database, MARKS, Leases(database, "two", now=other_clock), tmp_path, now=other_clock
    )
    await other.voting.cast(voting, "web", "v1", (1,))
    clock.now = voting.due + 1
    ticking = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
    lease = await leases.take("clock")
    await ticking.tick(lease)
    after = await other.events.event("autumn")
    assert after.state is State.REVIEW
    with pytest.raises(Refusal, match="not open for votes"):
        await other.voting.cast(voting, "web", "v2", (1,))  # as it saw the event last
    with pytest.raises(Refusal):
        await other.steps.take(voting, Step.COUNT, "ann")  # it is counted already
    assert [one.choices for one in (await other.ballots.votes(after)).ballots] == [(1,)]


async def test_many_codes_of_one_account_are_one_ballot(parts, voting, database):
    await asyncio.gather(*(parts.voting.cast(voting, "web", "v", (n % 4 + 1,)) for n in range(12)))
    async with database.read() as connection:
        rows = (await connection.execute(sa.select(ballots))).all()
    assert len(rows) == 1


class Linked:
    """Everybody called `v…` is one person, and so are p1 and w1."""

    def __init__(self):
        self.same = {}

    async def people(self, marks, within=None):
        return {mark: self.same.get(mark, mark) for mark in marks}

    async def linked(self):
        return self.same


async def test_of_linked_accounts_the_newest_ballot_counts_and_none_for_oneself(
    database, leases, clock, tmp_path, planned
):
    linked = Linked()
    parts = open_parts(database, MARKS, leases, tmp_path, identities=linked, now=clock)
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    web = await leases.take("web")
    for number in (1, 2):
        await entered(parts, web, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await parts.voting.cast(event, "web", "v1", (1,))
    clock.now += 1
    await parts.voting.cast(event, "lemmy", "v2", (2,))
    await parts.voting.cast(event, "lemmy", "w1", (1, 2))
    linked.same = {
        MARKS.person("web", "v1"): "v",
        MARKS.person("lemmy", "v2"): "v",
        MARKS.person("web", "p1"): "p1",
        MARKS.person("lemmy", "w1"): "p1",
    }
    votes = await parts.ballots.votes(event)
    assert sorted(one.choices for one in votes.ballots) == [(2,), (2,)]


async def test_ballots_added_up_by_pages_come_to_the_same_as_those_that_are_published(
    database, leases, clock, tmp_path, planned
):
    linked = Linked()
    parts = open_parts(database, MARKS, leases, tmp_path, identities=linked, now=clock)
    lease = await leases.take("web")
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    for number in range(1, 9):
        await entered(parts, lease, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    draw = random.Random(5)
    for voter in range(60):
        account, name = draw.choice(["web", "lemmy"]), f"v{voter}"
        await parts.voting.cast(event, account, name, draw.sample(range(1, 9), draw.randint(1, 4)))
        clock.now += 1
        if voter % 4 == 0:  # some are somebody else as well, and some have entered
            whose = f"p{voter % 8 + 1}" if voter % 8 else f"v{voter // 2}"
            linked.same[MARKS.person(account, name)] = MARKS.person("web", whose)
            linked.same[MARKS.person("web", whose)] = MARKS.person("web", whose)
    await parts.entries.hidden(event, 3, "ann", "spam")
    votes = await parts.ballots.votes(event)
    assert len(votes.ballots) < 60
    added = await BallotStore(database, linked, page=7).added(event)
    counted = result_of(added.entries, added.sums, added.counted, rule_of(event))
    assert counted == tally(votes.entries, votes.ballots, votes.counted, rule_of(event))


async def test_an_account_that_is_too_young_neither_enters_nor_votes(parts, voting, clock):
    strict = await parts.events.replanned(
        voting,
        voting.plan.model_copy(
            update={"rules": voting.plan.rules.model_copy(update={"account_days": 7})}
        ),
        "ann",
    )
    young = datetime.fromtimestamp(clock.now - 6 * DAY, UTC)
    old = datetime.fromtimestamp(clock.now - 8 * DAY, UTC)
    real = time.time() - 8 * DAY
    assert real < clock.now
    for joined in (None, young):
        with pytest.raises(Refusal, match="at least 7 days"):
            await parts.voting.cast(strict, "web", "v", (1,), joined=joined)
    await parts.voting.cast(strict, "web", "v", (1,), joined=old)


# --- posts ----------------------------------------------------------------------------------
