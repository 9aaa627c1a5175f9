"""Hours of the day, over midnight too."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from common.config import WorkerConfig
from common.settings.hours import are_now, until_change


def at(clock: str) -> datetime:
    hour, minute = map(int, clock.split(":"))
    return datetime(2026, 3, 1, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("hours", "clock", "now", "seconds"),
    [
        ("always", "03:00", True, None),
        ("never", "03:00", False, None),
        ("22:00-07:00", "21:59", False, 60),
        ("22:00-07:00", "22:00", True, 9 * 3600),
        ("22:00-07:00", "06:59", True, 60),
        ("22:00-07:00", "07:00", False, 15 * 3600),
        ("12:00-13:30, 20:00-24:00", "12:30", True, 3600),
        ("12:00-13:30, 20:00-24:00", "13:30", False, 6.5 * 3600),
        ("12:00-13:30, 20:00-24:00", "23:59", True, 60),
    ],
)
def test_hours_hold_and_say_when_they_change(hours, clock, now, seconds):
    assert are_now(hours, at(clock)) is now
    assert until_change(hours, at(clock)) == seconds


@pytest.mark.parametrize("hours", ["", "at night", "25:00-07:00", "22-07", "22:60-07:00"])
def test_what_is_no_hours_is_said(hours):
    with pytest.raises(ValidationError, match=r"always, never|no such time"):
        WorkerConfig(hours=hours)
