"""When to look again: pure functions of what the server said and how long it has taken so far."""

from __future__ import annotations

from common.horde.wire import Check

SHORTEST = 0.5
"""Seconds until the first look: a small job on a fast hub is done by then. And between two looks
at one request at least, unless the caller is in more of a hurry."""
LONGEST = 30.0
"""The most, whatever the server says."""
SHARE = 0.8
"""Of the time the server expects to need. Its guesses miss by a third; who slept most of a guess
that was a third too long is hardly late, and a few looks close in on the end."""
SOON = 2
"""Seconds of expected wait from which the end may be met at once: all of it is slept."""
PATIENCE = 0.1
"""Of the time for which the server has said "soon": one that always promises "one more second" is
not asked twice a second for ever."""
NOBODY_YET = 2.0
"""Seconds while no worker can make it: one may just be starting, beside us or anywhere."""
NOBODY_STILL = 0.5
"""Of the time waited so far, while no worker can make it."""
JITTER = 0.08
"""So that requests sent together are not looked at together."""


def is_soon(check: Check) -> bool:
    """Tell whether the server expects a request to be over in a moment."""
    return check.is_possible and check.wait_time <= SOON


def next_look(
    check: Check | None,
    *,
    elapsed: float = 0.0,
    soon_for: float = 0.0,
    shortest: float = SHORTEST,
    random: float,
) -> float:
    """Return the seconds until the next look at a request.

    `check` is the last answer (None: not asked yet), `elapsed` the seconds since we began to
    watch, `soon_for` those for which every answer has said "soon", `shortest` those between two
    looks at least, `random` a number in [0, 1).
    """
    if check is None:
        pause = shortest
    elif not check.is_possible:
        pause = max(NOBODY_YET, elapsed * NOBODY_STILL)
    elif is_soon(check):
        pause = max(check.wait_time, shortest, soon_for * PATIENCE)
    else:
        pause = check.wait_time * SHARE
    return _bound(pause * _spread(random), shortest)


def after_failure(failures: int, random: float, retry_after: float | None = None) -> float:
    """Return the seconds until another try after so many failures in a row (1 or more)."""
    pause = retry_after if retry_after is not None else 2.0 ** min(failures - 1, 10)
    return _bound(pause * _spread(random))


def _spread(random: float) -> float:
    return 1.0 - JITTER + 2 * JITTER * random


def _bound(seconds: float, shortest: float = SHORTEST) -> float:
    return min(max(seconds, shortest), LONGEST)
