"""Whether the clock of this machine agrees with a server's, by the date of its answers. Pure."""

from __future__ import annotations

from email.utils import parsedate_to_datetime

from common import texts

WORTH_TELLING = 120.0
"""Seconds by which clocks may differ before anybody is told."""
MINUTE = 60


def seconds_ahead(date: str | None, now: float) -> float | None:
    """Return by how much `now` (Unix seconds) is later than a `Date` header; None if it is none."""
    try:
        return now - parsedate_to_datetime(date or "").timestamp()
    except (ValueError, OverflowError, OSError):
        return None


def disagreement(ahead: float | None, horde: str) -> str:
    """Return in a sentence that our clock is ahead of a Horde's, or behind; "" if it is not."""
    if ahead is None or abs(ahead) < WORTH_TELLING:
        return ""
    code = "clock.ahead" if ahead > 0 else "clock.behind"
    return texts.say(code, minutes=round(abs(ahead) / MINUTE), horde=horde)


def jump(seconds: float) -> str:
    """Return in a sentence that our clock was put forward or back; "" if it was not."""
    if abs(seconds) < WORTH_TELLING:
        return ""
    code = "clock.put_forward" if seconds > 0 else "clock.put_back"
    return texts.say(code, minutes=round(abs(seconds) / MINUTE))
