"""Events on a migrated database and a clock that moves only when told."""

import time
from datetime import UTC, datetime

import pytest

from events.course.clock import Clock
from events.lifecycle import Step
from events.model import Plan
from events.room import open_parts
from events.store import EventStore
from tests.component.events.chat import Chat
from tests.component.events.wall import MARKS, entered
from tests.component.request.conftest import heard, start
from tests.fakes.platform import FakePlatform

__all__ = ["heard", "start"]

DAY = 24 * 3600.0
HOUR = 3600.0


@pytest.fixture
def events(database, clock):
    return EventStore(database, now=clock)


@pytest.fixture
def planned(clock):
    """Make a plan that is announced now, opens in a day and closes a week later."""

    def make(name="autumn", *, times=None, **more):
        at = {
            "announces": datetime.fromtimestamp(clock.now, UTC),
            "opens": datetime.fromtimestamp(clock.now + DAY, UTC),
            "closes": datetime.fromtimestamp(clock.now + 8 * DAY, UTC),
            **(times or {}),
        }
        plan = {"name": name, "title": "Autumn", "theme": "Leaves", "schedule": at, **more}
        return Plan.model_validate(plan)

    return make


@pytest.fixture
def held():
    """Make a plan that takes entries now, by the real clock, in some places."""

    def make(name="autumn", *, times=None, accounts=("web",), **more):
        now = time.time()
        at = {
            "opens": datetime.fromtimestamp(now - HOUR, UTC),
            "closes": datetime.fromtimestamp(now + 7 * DAY, UTC),
            "looking_hours": 0,
            "review_hours": 0,
            "featured_days": 0,
            **(times or {}),
        }
        venues = [{"account": one, "to": f"{one}-wall", "community": "web"} for one in accounts]
        plan = {
            "name": name,
            "title": "Autumn",
            "theme": "Leaves",
            "schedule": at,
            "venues": venues,
            "voting": {"fewest_entries": 1, "fewest_votes": 0},
            **more,
        }
        return Plan.model_validate(plan)

    return make


async def brought_to(parts, plan, *steps, who="ann"):
    """Draft an event and take steps as a moderator."""
    event = await parts.events.drafted(plan, who)
    for step in steps:
        event = await parts.steps.take(event, step, who)
    return event


async def put_to_vote(parts, plan, lease, clock, *, entries):
    """Draft an event, let people enter made-up pictures, and open the vote on them."""
    event = await brought_to(parts, plan, Step.ANNOUNCE, Step.OPEN)
    for number in range(1, entries + 1):
        await entered(parts, lease, event, f"p{number}", number, clock)
    for step in (Step.CLOSE, Step.VOTE):
        event = await parts.steps.take(event, step, "ann")
    return event


@pytest.fixture
def chatting():
    """Return the kind of `chat`."""
    return Chat


@pytest.fixture
async def chat(start, heard, chatting):
    """Somebody on a platform that the whole program serves."""
    platform = FakePlatform()
    async with start(platform) as core:
        yield chatting(platform, heard, core)


@pytest.fixture
def parts(database, leases, clock, tmp_path):
    return open_parts(database, MARKS, leases, tmp_path, pause=lambda: 60, now=clock)


@pytest.fixture
def ticking(parts, leases, clock):
    chores = (parts.series.draft_due,)
    return Clock(
        parts.events, parts.entries, parts.steps, parts.purse, leases, chores=chores, now=clock
    )
