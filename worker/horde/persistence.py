"""Bringing something to a server that may be lost for a while."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.errors import HordeBusy, HordeUnreachable
from worker.timing import Backoff, Range, Timing

WAITS: Range = (0.5, 5.0)
T = TypeVar("T")


async def persist(
    call: Callable[[], Awaitable[T]],
    *,
    seconds: float,
    stop: asyncio.Event,
    timing: Timing,
    tries: int = 1000,
) -> T:
    """Try until it works, while the trouble is one that passes and there is time.

    Raises the HordeError of the last try; there is none after `stop`, or later than in `seconds`.
    """
    give_up = timing.clock() + seconds
    waits = Backoff(WAITS, timing.random)
    while True:
        tries -= 1
        try:
            return await call()
        except (HordeUnreachable, HordeBusy) as error:
            wait = max(waits.draw(), error.retry_after or 0.0)
            if tries <= 0 or stop.is_set() or timing.clock() + wait > give_up:
                raise
        await timing.rest(stop, wait)
