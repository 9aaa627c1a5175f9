"""An event called autumn, its plan, and its times."""

from datetime import UTC, datetime

from events import lifecycle
from events.model import Event, Plan

NOON = 1_800_000_000.0
HOUR, DAY = 3600.0, 24 * 3600.0


def plan_of(**more):
    times = {
        "announces": datetime.fromtimestamp(NOON, UTC),
        "opens": datetime.fromtimestamp(NOON + DAY, UTC),
        "closes": datetime.fromtimestamp(NOON + 8 * DAY, UTC),
        **more.pop("times", {}),
    }
    plan = {"name": "autumn", "title": "Autumn", "theme": "Leaves", "schedule": times, **more}
    return Plan.model_validate(plan)


def event_of(state, *, plan=None, since=NOON, hold=None, result=None):
    plan = plan or plan_of()
    when = lifecycle.due(plan, state, since)
    return Event("abc", plan, state, when, hold, "salt", result, NOON, since)
