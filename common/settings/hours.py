"""Hours of the day at which something may be done: `22:00-07:00, 12:00-13:30`."""

from __future__ import annotations

import re
from datetime import datetime, time
from typing import Annotated

from pydantic import AfterValidator

ALWAYS, NEVER = "always", "never"
SPAN = re.compile(r"(\d{1,2}):(\d\d)\s*-\s*(\d{1,2}):(\d\d)")


def spans(text: str) -> tuple[tuple[time, time], ...]:
    """Return when each span begins and ends. Raises ValueError for what is none."""
    found = []
    for part in text.split(","):
        match = SPAN.fullmatch(part.strip())
        if match is None:
            raise ValueError("write always, never, or spans such as 22:00-07:00, 12:00-13:30")
        first, second = (int(match[1]), int(match[2])), (int(match[3]) % 24, int(match[4]))
        try:
            found.append((time(*first), time(*second)))
        except ValueError as error:
            raise ValueError(f"there is no such time of day: {part.strip()}") from error
    return tuple(found)


def _check(text: str) -> str:
    if text not in {ALWAYS, NEVER}:
        spans(text)
    return text


Hours = Annotated[str, AfterValidator(_check)]


def are_now(hours: str, now: datetime) -> bool:
    """Tell whether a moment lies within the hours. A span may go over midnight."""
    if hours in {ALWAYS, NEVER}:
        return hours == ALWAYS
    at = now.time()
    return any(
        begin <= at < end if begin < end else at >= begin or at < end for begin, end in spans(hours)
    )
