"""The money side of whole events: from the plan to the prizes, and parties that end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pydantic import SecretStr

from common.errors import HordeGone, Refusal
from common.horde.client import HordeClient
from common.horde.wire import generation_body
from common.model import Job
from events.course.chore import SETTLING, KudosChore
from events.course.clock import Clock as EventClock
from events.course.steps import Steps
from events.entries.entry_store import EntryStore
from events.kudos.purse import KudosPurse
from events.kudos.records import FundState, Purpose
from events.lifecycle import Step
from events.linking.links import Links
from events.model import Plan, State
from events.store import EventStore
from events.tables import entries as entries_table
from events.voting.ballot_store import BallotStore
from request.kept.marks import Marks
from tests.component.kudos.conftest import NAMES, SPONSOR_KEY, open_house, waiting
from tests.fakes import faults

pytestmark = pytest.mark.database
DAY = 24 * 3600.0
SMALL = Job(style="raw", prompt="a fox", model="m", width=512, height=512, steps=20)


class Office:
    """An event room with its purse, on one database."""

    def __init__(self, database, house, clock):
        self.house, self.now, self.database = house, clock, database
        self.links = Links(database, Marks(b"k" * 32), now=clock)
        self.events = EventStore(database, now=clock)
        self.entries = EntryStore(database, self.links, now=clock)
        self.purse = KudosPurse(house.treasury, self.entries, self.links, horde="fake")
        ballots = BallotStore(database, self.links, now=clock)
        self.steps = Steps(self.events, self.entries, ballots, self.purse, now=clock)
        self.chore = KudosChore(house.treasury, self.events, self.steps, now=clock)
        self.clock = EventClock(
            self.events,
            self.entries,
            self.steps,
            self.purse,
            house.leases,
            chores=(self.chore,),
            now=clock,
        )

    async def draft(self, **more):
        start = self.now.now
        times = {"announces": start, "opens": start + DAY, "closes": start + 2 * DAY}
        schedule = {name: datetime.fromtimestamp(at, UTC).isoformat() for name, at in times.items()}
        plan = {"name": "autumn", "title": "Autumn", "theme": "Leaves", "schedule": schedule}
        return await self.events.drafted(Plan.model_validate(plan | more), "ann")

    async def enter(self, event, number, entrant):
        row = {
            "event": event.id,
            "number": number,
            "account": "discord",
            "entrant": entrant,
            "shown": "name",
            "name": entrant,
            "sha256": str(number),
            "mime": "image/webp",
            "likeness": "",
            "prompt_hash": str(number),
            "recipe": {},
            "ours": True,
            "licence": "",
            "request": "",
            "link": "",
            "state": "entered",
            "reason": "",
            "at": self.now.now,
        }
        async with self.database.write() as connection:
            await connection.execute(entries_table.insert().values(row))

    async def tick(self, seconds=0.0):
        self.now.now += seconds
        self.house.lease = await self.house.leases.take("clock")
        await self.clock.tick(self.house.lease)
        return await self.events.event("autumn")


@pytest.fixture
def office(database, house, clock):
    return Office(database, house, clock)


PRIZES = {"participation": 50, "places": [300, 200], "budget": 650}


async def test_an_event_pays_its_prizes_by_the_clock(office, horde):
    event = await office.draft(prizes=PRIZES, voting={"fewest_entries": 1})
    event = await office.tick()
    assert event.state is State.ANNOUNCED
    event = await office.tick(DAY)
    marks = {name: office.links.mark("discord", name) for name in NAMES}
    for number, (name, mark) in enumerate(marks.items(), start=1):
        await office.enter(event, number, mark)
        if name != "eve":
            await office.links.name_horde("discord", name, NAMES[name])
    await office.steps.take(event, Step.CLOSE, "ann")
    event = await office.events.event("autumn")
    await office.steps.take(event, Step.JUDGE, "ann", winners=(3, 1))
    event = await office.events.event("autumn")
    await office.steps.take(event, Step.AWARD, "ann")
    for _ in range(3):
        event = await office.tick(60)

    assert event.state is State.PROMOTED
    assert [horde.users[NAMES[name]] for name in NAMES] == [250, 50, 0]
    assert await waiting(office.house, *marks.values()) == [0, 0, 350]
    await office.house.ledger.named(marks["eve"], "eve#13")
    await office.tick(60)
    assert horde.users["eve#13"] == 350
    told = await office.purse.receipts(event)
    assert sum(one["kudos"] for one in told) == 650
    assert not any(name in str(told) for name in (*NAMES.values(), *marks.values()))


async def test_accounts_that_are_linked_take_part_once(office, horde):
    event = await office.draft(prizes=PRIZES)
    await office.purse.check(event)
    marks = [office.links.mark("discord", "ann"), office.links.mark("mastodon", "ann")]
    for number, account in enumerate(("discord", "mastodon"), start=1):
        browser = office.links.mark("web", "visitor")
        code = await office.links.offer(browser)
        await office.links.post(code, account=account, person="ann", name="Ann")
        await office.links.confirm(browser)
        await office.enter(event, number, marks[number - 1])
        await office.links.name_horde(account, "ann", "ann#11")

    await office.purse.award(office.house.lease, event)
    await office.purse.serve(office.house.lease)
    assert horde.transfers == [("ann#11", 50)]


async def test_an_event_that_nobody_can_pay_is_held_before_it_is_announced(office, horde):
    horde.kudos = 10
    await office.draft(prizes=PRIZES)

    event = await office.tick()
    assert (event.state, event.hold) == (State.DRAFT, "unfunded")
    with pytest.raises(Refusal, match="member#1 has not enough"):
        await office.steps.take(event, Step.ANNOUNCE, "ann")


async def test_an_event_without_prizes_asks_the_horde_nothing(office, horde):
    await office.draft()
    await office.tick()
    event = await office.tick(DAY)

    assert event.state is State.OPEN
    await office.purse.award(office.house.lease, event)
    assert await office.purse.is_paid(event)
    assert [horde.journal.count(route) for route in ("find_user", "transfer")] == [0, 0]


async def test_keys_of_a_cancelled_event_are_forgotten(office, horde):
    event = await office.draft(prizes=PRIZES)
    fund, _ = await sponsor_of(office, event, 500, Purpose.PRIZES)
    await office.steps.take(event, Step.CANCEL, "ann")

    await office.tick()
    closed = await office.house.treasury.funds.get(fund.id)
    assert (closed.state, closed.sealed) == (FundState.CLOSED, None)


async def sponsor_of(office, event, kudos, purpose):
    sponsors = office.house.treasury.sponsors
    token = await sponsors.invite(event.id, purpose)
    key = SecretStr(SPONSOR_KEY)
    return await sponsors.give(token, browser="browser", key=key, kudos=kudos), token


async def test_the_bot_pays_what_a_sponsor_who_left_was_to_pay(office, horde):
    event = await office.draft(prizes=PRIZES)
    fund, _ = await sponsor_of(office, event, 500, Purpose.PRIZES)
    await office.tick()
    await office.house.treasury.sponsors.remove(fund)
    await office.enter(event, 1, "ann")
    horde.kudos = 400.0
    with pytest.raises(Refusal, match="member#1 has not enough"):
        await office.purse.award(office.house.lease, judged(event))
    assert await office.house.ledger.transfers(event.id) == []

    horde.kudos = 1000.0
    await office.purse.award(office.house.lease, judged(event))
    assert (await office.house.ledger.sheet(event.id)).waiting == 350


def judged(event):
    return replace(event, result={"winners": [1]})


async def test_what_is_bound_already_stays_set_aside_when_a_sponsor_comes_late(office):
    event = await office.draft(prizes=PRIZES)
    await office.purse.check(event)
    await office.enter(event, 1, "ann")
    await office.purse.award(office.house.lease, judged(event))
    await sponsor_of(office, event, 500, Purpose.PRIZES)

    await office.purse.check(event)
    funds = await office.house.treasury.funds.of(event.id)
    assert [one.kudos for one in funds if one.is_house] == [350]
    assert await office.house.ledger.retry(event.id) == 0


async def test_a_party_whose_shared_key_could_not_be_kept_is_not_announced(
    database, horde, session, clock
):
    bare = Office(database, await open_house(database, horde, session, clock, seal=None), clock)
    event = await bare.draft(kind="party", prizes={"pictures": 100})

    with pytest.raises(Refusal, match=r"kudos\.seal_key"):
        await bare.steps.take(event, Step.ANNOUNCE, "ann")


async def party(office):
    prizes = {"pictures": 100, "max_pixels": 512 * 512, "max_steps": 20}
    event = await office.draft(kind="party", prizes=prizes)
    await sponsor_of(office, event, 100, Purpose.PICTURES)
    await office.tick()
    return await office.tick(DAY)


async def test_a_party_is_paid_by_its_sponsor_and_ends_when_the_money_is_gone(office, horde):
    event = await party(office)
    payer = await office.purse.payer(event, [SMALL])
    [key] = horde.shared_keys.values()
    assert (payer.horde, payer.key.get_secret_value()) == ("fake", key["id"])

    key["kudos"] = 3
    event = await office.tick(61)
    assert event.state is State.CLOSED
    assert await office.purse.payer(event, [SMALL]) is None


async def test_what_is_in_the_making_when_a_party_ends_is_not_dropped_with_its_key(
    office, horde, session
):
    horde.seconds = None
    event = await party(office)
    [key] = horde.shared_keys.values()
    payer = await office.purse.payer(event, [SMALL])
    client = HordeClient(horde.url, payer.key, session, name="fake")
    submitted = await client.submit(generation_body(SMALL))

    key["kudos"] = 3
    assert (await office.tick(61)).state is State.CLOSED
    await office.tick(61)
    await office.tick(SETTLING - 120)
    assert not (await client.check(submitted.id)).done
    horde.finish(submitted.id)
    await office.tick(180)
    assert horde.shared_keys == {}
    with pytest.raises(HordeGone):
        await client.check(submitted.id)


async def test_a_party_does_not_pay_for_what_is_larger_than_said(office):
    event = await party(office)
    large = Job(style="raw", prompt="a fox", model="m", width=1024, height=512, steps=20)

    assert await office.purse.payer(event, [SMALL, large]) is None


async def test_a_horde_that_is_down_delays_a_party_and_breaks_nothing(office, horde):
    event = await party(office)
    horde.fail("shared_key", faults.html(502), 3)

    event = await office.tick(61)
    assert event.state is State.OPEN
    assert await office.purse.payer(event, [SMALL]) is not None


async def test_the_clock_of_two_looks_a_minute_apart_asks_once(office, horde):
    await party(office)
    asked = horde.journal.count("shared_key")

    for _ in range(3):
        await office.tick(1)
    assert horde.journal.count("shared_key") == asked
