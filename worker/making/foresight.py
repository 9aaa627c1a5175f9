"""When a job that is fetched now could be begun. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heapify, heapreplace


def begins(free_in: Sequence[float], queue: Sequence[float | None]) -> float:
    """Return the seconds until the first device is free for a job behind those of the queue.

    `free_in` are the seconds until each device is free, infinite if nobody knows; `queue` the
    seconds that each waiting job will take, None if nobody knows.
    """
    free = list(free_in)
    heapify(free)
    for seconds in queue:
        heapreplace(free, free[0] + (float("inf") if seconds is None else seconds))
    return free[0]
