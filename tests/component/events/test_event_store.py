"""Steps of events are written down once, whoever takes them and however often."""

import asyncio

import pytest
import sqlalchemy as sa

from common.errors import LeaseLost, Refusal
from events import lifecycle
from events.lifecycle import Step
from events.model import Hold, State
from events.store import CLOCK, Posted
from events.tables import event_posts

pytestmark = pytest.mark.database


async def test_a_draft_is_found_by_its_name_and_by_its_id(events, planned):
    event = await events.drafted(planned(), "ann")
    assert await events.find("Autumn") == event == await events.find(event.id)
    assert (event.state, event.plan) == (State.DRAFT, planned())
    assert await events.find("winter") is None
    with pytest.raises(Refusal, match="no event called winter"):
        await events.event("winter")


async def test_a_name_is_given_once(events, planned):
    await events.drafted(planned(), "ann")
    with pytest.raises(Refusal, match="already"):
        await events.drafted(planned(), "bob")


async def test_a_step_brings_state_log_and_posts_together(events, planned, clock, database):
    event = await events.drafted(planned(), "ann")
    clock.now += 60
    post = Posted("announce", "discord", "42", {"text": "It begins"})
    event = await events.stepped(event, Step.ANNOUNCE, "ann", why="it is time", posts=[post])
    assert (event.state, event.since) == (State.ANNOUNCED, clock.now)
    assert event.due == event.plan.schedule.opens.timestamp()
    lines = [(line.step, line.who, line.why) for line in await events.log(event.id)]
    assert lines == [("draft", "ann", ""), ("announce", "ann", "it is time")]
    async with database.read() as connection:
        [row] = (await connection.execute(sa.select(event_posts))).all()
    assert (row.key, row.account, row.target, row.state) == (
        "announce",
        "discord",
        "42",
        "intended",
    )


async def test_of_two_who_take_a_step_at_once_one_does(events, planned):
    event = await events.drafted(planned(), "ann")
    told = await asyncio.gather(
        *(events.stepped(event, Step.ANNOUNCE, who) for who in ("ann", "bob", "cem")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Refusal) for one in told) == 2
    assert [line.step for line in await events.log(event.id)] == ["draft", "announce"]


async def test_of_two_who_extend_at_once_one_does(events, planned):
    event = await events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await events.stepped(event, step, "ann")
    longer = lifecycle.extended(event.plan, event.state, hours=24, now=0, since=event.since)
    told = await asyncio.gather(
        *(events.stepped(event, Step.EXTEND, who, plan=longer) for who in ("ann", "bob")),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Refusal) for one in told) == 1
    assert [line.step for line in await events.log(event.id)].count("extend") == 1


async def test_what_is_noted_around_an_event_is_in_its_log_and_changes_nothing(events, planned):
    event = await events.drafted(planned(), "ann")
    await events.noted(event, "sponsor", "bob", "prizes")
    assert await events.event("autumn") == event
    assert [(line.step, line.who, line.why) for line in await events.log(event.id)][1:] == [
        ("sponsor", "bob", "prizes")
    ]


async def test_the_clock_takes_no_step_without_its_lease(events, planned, leases, clock):
    event = await events.drafted(planned(), "ann")
    lease = await leases.take("clock")
    clock.now += 120
    await leases.take("clock")
    with pytest.raises(LeaseLost):
        await events.stepped(event, Step.ANNOUNCE, CLOCK, lease=lease)
    assert (await events.event("autumn")).state is State.DRAFT


async def test_what_is_held_is_not_due_until_a_moderator_moves_it_on(events, planned, clock):
    event = await events.drafted(planned(), "ann")
    assert await events.due(clock.now) == [event]
    await events.held(event, Hold.UNFUNDED)
    assert await events.due(clock.now) == []
    held = await events.event("autumn")
    assert held.hold is Hold.UNFUNDED
    moved = await events.stepped(held, Step.ANNOUNCE, "ann")
    assert moved.hold is None


async def test_a_plan_is_changed_while_it_stands_where_it_was_seen(events, planned, clock):
    event = await events.drafted(planned(), "ann")
    changed = await events.replanned(event, planned("winter"), "ann")
    assert changed.name == "winter"
    await events.stepped(changed, Step.CANCEL, "ann")
    with pytest.raises(Refusal, match="just changed"):
        await events.replanned(changed, planned("spring"), "ann")


async def test_events_are_listed_by_state_newest_first(events, planned, clock):
    first = await events.drafted(planned(), "ann")
    clock.now += 1
    second = await events.drafted(planned("winter"), "ann")
    await events.stepped(first, Step.CANCEL, "ann")
    assert [event.name for event in await events.all()] == ["winter", "autumn"]
    assert [event.name for event in await events.all(State.DRAFT)] == [second.name]


async def test_a_deleted_event_leaves_nothing(events, planned, database):
    event = await events.drafted(planned(), "ann")
    await events.stepped(
        event, Step.ANNOUNCE, "ann", posts=[Posted("announce", "web", "", {"text": "x"})]
    )
    await events.deleted(event)
    async with database.read() as connection:
        assert (await connection.execute(sa.select(event_posts))).all() == []
    assert await events.all() == []
