"""Hours of the day, over midnight too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from common.config import WorkerConfig
from common.settings.hours import are_now


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "clock", "now"),
    [
        ("always", "03:00", True),
        ("never", "03:00", False),
        ("22:00-07:00", "21:59", False),
        ("22:00-07:00", "22:00", True),
        ("22:00-07:00", "06:59", True),
        ("22:00-07:00", "07:00", False),
        ("12:00-13:30, 20:00-24:00", "12:30", True),
        ("12:00-13:30, 20:00-24:00", "13:30", False),
        ("12:00-13:30, 20:00-24:00", "23:59", True),
    ],
)
def test_hours_hold_from_their_beginning_to_their_end(hours, clock, now):
    assert are_now(hours, at(clock)) is now


@pytest.mark.parametrize("hours", ["", "at night", "25:00-07:00", "22-07", "22:60-07:00"])
def test_what_is_no_hours_is_said(hours):
    with pytest.raises(ValidationError, match=r"always, never|no such time"):
        WorkerConfig(hours=hours)
