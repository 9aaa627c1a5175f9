"""A challenge by the clock: from its draft to its archive, however often the process dies."""

import asyncio
import random
from datetime import UTC, datetime

import pytest

from common.database import open_database
from common.errors import LeaseLost, Refusal
from events.course.clock import Clock
from events.lifecycle import Step
from events.model import Hold, State
from events.room import open_parts
from events.tables import events
from request.kept.leases import Leases
from tests.component.events.conftest import DAY, HOUR
from tests.component.events.wall import MARKS, entered

pytestmark = pytest.mark.database

TO_THE_VOTE = (Step.ANNOUNCE, Step.OPEN, Step.CLOSE, Step.VOTE)


async def test_the_clock_leads_a_challenge_from_draft_to_archive(
    parts, ticking, planned, clock, leases
):
    lease, web = await leases.take("clock"), await leases.take("web")
    event = await parts.events.drafted(planned(), "ann")
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.ANNOUNCED
    clock.now += DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert event.state is State.OPEN
    for number in range(1, 5):
        await entered(parts, web, event, f"p{number}", number, clock)
    clock.now += 7 * DAY + 600
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.CLOSED
    clock.now += 12 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert event.state is State.VOTING
    for voter, choices in {"p1": (2, 3), "p2": (3,), "p4": (3, 1), "v": (2,)}.items():
        await parts.voting.cast(event, "web", voter, choices)
    clock.now += 48 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.result["winners"]) == (State.REVIEW, [3, 2, 1])
    clock.now += DAY
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.PROMOTED
    clock.now += 14 * DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.due) == (State.ARCHIVED, None)
    assert [line.who for line in await parts.events.log(event.id)][1:] == ["clock"] * 9


async def test_a_clock_that_was_away_catches_up_without_eating_the_hours_of_voting(
    parts, ticking, planned, clock, leases
):
    lease = await leases.take("clock")
    await parts.events.drafted(planned(voting={"fewest_entries": 1, "fewest_votes": 0}), "ann")
    await ticking.tick(lease)
    event = await parts.steps.take(await parts.events.event("autumn"), Step.OPEN, "ann")
    await entered(parts, await leases.take("web"), event, "p", 1, clock)
    clock.now += 30 * DAY
    await ticking.tick(lease)
    clock.now += 12 * HOUR
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.due) == (State.VOTING, clock.now + 48 * HOUR)


async def test_what_was_announced_early_can_be_opened_before_it_was_to_be_announced(
    parts, planned, clock
):
    later = datetime.fromtimestamp(clock.now + HOUR, UTC)
    event = await parts.events.drafted(planned(times={"announces": later}), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    [found] = await parts.events.all()
    assert (found.state, found.plan.schedule.opens.timestamp()) == (State.OPEN, clock.now)


@pytest.mark.parametrize(
    ("steps", "hours"),
    [((Step.ANNOUNCE, Step.OPEN), [1440, 1440, 1400]), (TO_THE_VOTE, [1400])],
)
async def test_nothing_is_extended_beyond_what_a_plan_may_say(
    parts, planned, clock, leases, steps, hours
):
    event = await parts.events.drafted(planned(voting={"fewest_entries": 1}), "ann")
    for step in steps:
        event = await parts.steps.take(event, step, "ann")
    for more in hours[:-1]:
        event = await parts.steps.take(event, Step.EXTEND, "ann", hours=more)
    with pytest.raises(Refusal) as refusal:
        await parts.steps.take(event, Step.EXTEND, "ann", hours=hours[-1])
    assert refusal.value.code == "events.too_long"
    [found] = await parts.events.all()
    assert found.plan.schedule == event.plan.schedule


async def test_a_clock_that_meets_what_it_cannot_read_ticks_on(
    parts, ticking, planned, database, leases, clock
):
    await parts.events.drafted(planned(), "ann")
    async with database.write() as connection:
        await connection.execute(events.update().values(plan={"name": "of a later version"}))
    stop, pauses = asyncio.Event(), 0

    async def pause(_seconds):
        nonlocal pauses
        pauses += 1
        if pauses == 3:
            stop.set()

    parts_of_it = (parts.events, parts.entries, parts.steps, parts.purse, leases)
    await Clock(*parts_of_it, sleep=pause, now=clock).run(stop)
    assert pauses == 3


async def life(database_url, clock, tmp_path, work):
    """One process: what it has in memory is gone afterwards, the rows are not."""
    database = await open_database(database_url)
    leases = Leases(database, "one", now=clock)
    parts = open_parts(database, MARKS, leases, tmp_path, now=clock)
    try:
        return await work(parts, leases)
    finally:
        await database.close()


async def test_killed_at_any_moment_it_goes_on_where_it_was(database_url, planned, clock, tmp_path):
    """Cut the clock off at fifty different moments: each step is taken once."""
    draw = random.Random(5)

    async def begin(parts, leases):
        plan = planned(voting={"fewest_entries": 1, "fewest_votes": 0})
        event = await parts.events.drafted(plan, "ann")
        for step in (Step.ANNOUNCE, Step.OPEN):
            event = await parts.steps.take(event, step, "ann")
        await entered(parts, await leases.take("web"), event, "p", 1, clock)

    async def killed(parts, leases):
        lease = await leases.take("clock")
        one = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
        task = asyncio.create_task(one.tick(lease))
        for _ in range(draw.randrange(60)):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        clock.now += 9 * HOUR

    async def finish(parts, leases):
        one = Clock(parts.events, parts.entries, parts.steps, parts.purse, leases, now=clock)
        for _ in range(12):
            await one.tick(await leases.take("clock"))
            clock.now += 30 * DAY
        event = await parts.events.event("autumn")
        return event.state, [line.step for line in await parts.events.log(event.id)]

    await life(database_url, clock, tmp_path, begin)
    for _ in range(50):
        await life(database_url, clock, tmp_path, killed)
    state, steps = await life(database_url, clock, tmp_path, finish)
    assert state is State.ARCHIVED
    assert len(steps) == len(set(steps)) == 10


async def test_of_two_clocks_that_both_believe_in_their_lease_one_writes(
    database, parts, ticking, planned, clock, leases
):
    await parts.events.drafted(planned(), "ann")
    old = await leases.take("clock")
    clock.now += 120
    other = Leases(database, "two", now=clock)
    assert await other.take("clock") is not None
    with pytest.raises(LeaseLost):
        await ticking.tick(old)
    assert (await parts.events.event("autumn")).state is State.DRAFT


async def test_with_too_few_entries_moderators_decide(parts, ticking, planned, clock, leases):
    lease = await leases.take("clock")
    event = await parts.events.drafted(planned(), "ann")
    for step in (Step.ANNOUNCE, Step.OPEN):
        event = await parts.steps.take(event, step, "ann")
    one = await entered(parts, await leases.take("web"), event, "p", 1, clock)
    clock.now += 9 * DAY
    await ticking.tick(lease)
    clock.now += DAY
    await ticking.tick(lease)
    event = await parts.events.event("autumn")
    assert (event.state, event.hold) == (State.CLOSED, Hold.FEW_ENTRIES)
    await ticking.tick(lease)
    assert [line.step for line in await parts.events.log(event.id)].count("hold") == 1
    with pytest.raises(Refusal, match="by how many hours"):
        await parts.steps.take(event, Step.EXTEND, "ann")
    with pytest.raises(Refusal, match="No entries to be named: 9"):
        await parts.steps.take(event, Step.JUDGE, "ann", winners=(9,))
    more = await parts.steps.take(event, Step.EXTEND, "ann", hours=24)
    assert (more.state, more.hold) == (State.OPEN, None)
    assert more.due == clock.now + DAY + 600
    closed = await parts.steps.take(more, Step.CLOSE, "ann")
    judged = await parts.steps.take(closed, Step.JUDGE, "ann", winners=(one.number,))
    assert (judged.state, judged.result["winners"]) == (State.REVIEW, [1])
    clock.now += DAY
    await ticking.tick(lease)
    assert (await parts.events.event("autumn")).state is State.PROMOTED


async def test_what_promises_prizes_is_not_announced_where_nobody_pays(
    parts, ticking, planned, leases
):
    event = await parts.events.drafted(planned(prizes={"places": [5], "budget": 5}), "ann")
    await ticking.tick(await leases.take("clock"))
    assert (await parts.events.event("autumn")).hold is Hold.UNFUNDED
    with pytest.raises(Refusal, match="nobody to pay"):
        await parts.steps.take(await parts.events.event(event.id), Step.ANNOUNCE, "ann")


# --- votes ----------------------------------------------------------------------------------


async def test_a_series_drafts_the_next_one_and_its_winner_chooses_the_theme(
    parts, ticking, planned, clock, leases
):
    lease, web = await leases.take("clock"), await leases.take("web")
    weekly = planned(
        times={"looking_hours": 0, "review_hours": 0},
        voting={"fewest_entries": 1, "fewest_votes": 1},
    )
    await parts.series.begun("weekly", weekly, 14)
    await ticking.tick(lease)
    await ticking.tick(lease)
    event = await parts.events.event("weekly-1")
    assert (event.state, event.plan.series) == (State.ANNOUNCED, "weekly")
    assert event.plan.schedule.opens.timestamp() == clock.now + DAY
    event = await parts.steps.take(event, Step.OPEN, "ann")
    await entered(parts, web, event, "winner", 1, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    await parts.voting.cast(event, "web", "v", (1,))
    with pytest.raises(Refusal, match="Nobody has a theme"):
        await parts.series.choose("weekly", "web", "winner", "Snow")
    clock.now += 3 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    with pytest.raises(Refusal, match="Whoever won"):
        await parts.series.choose("weekly", "web", "v", "Snow")
    await parts.series.choose("weekly-1", "web", "winner", "Snow")
    clock.now += 11 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    second = await parts.events.event("weekly-2")
    assert second.plan.theme == "Snow"
    clock.now += 14 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    assert (await parts.events.event("weekly-3")).plan.theme == "Leaves"


async def test_a_series_that_nobody_drafted_for_weeks_goes_on_with_one_event_in_its_rhythm(
    parts, ticking, planned, clock, leases
):
    begun = clock.now
    await parts.series.begun("daily", planned(times={"announces": None}), 1)
    await ticking.tick(await leases.take("clock"))
    clock.now += 10.5 * DAY
    lease = await leases.take("clock")
    await ticking.tick(lease)
    await ticking.tick(lease)
    assert [one.name for one in await parts.events.all()] == ["daily-2", "daily-1"]
    missed = await parts.events.event("daily-2")
    assert missed.plan.schedule.opens.timestamp() == clock.now
    assert (await parts.series.find("daily")).next_at == begun + 11 * DAY
