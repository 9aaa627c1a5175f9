"""How long the worker waits, for what; and the two ways it waits."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, TypeVar

T = TypeVar("T")
Range = tuple[float, float]
"""First and longest wait, in seconds."""


async def rest(event: asyncio.Event, seconds: float | None) -> None:
    """Wait some seconds (None: for as long as it takes), but no longer than until the event."""
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):  # wait_for may swallow a cancellation (Python 3.11)
            await event.wait()


@dataclass(frozen=True, slots=True)
class Timing:
    """All waits in seconds. The defaults suit a server on the internet."""

    idle: Range = (1.0, 2.0)
    """Between pops that brought nothing."""
    retry: Range = (5.0, 300.0)
    """After a pop that failed."""
    maintenance: float = 30.0
    """Between pops while the server wants us to rest; our owner's own jobs may still come."""
    pause: Range = (60.0, 900.0)
    """After several failures in a row, before the next try."""
    prefetch: float = 10.0
    """The next job is fetched when a device is expected to be free within this time."""
    finish: float = 12.0
    """For the running job when the worker is to stop."""
    deliver: float = 5.0
    """For its pictures to reach the server after that."""
    engine_grace: float = 30.0
    """For the engine to return once it was told to stop a job."""
    tend: float = 5.0
    """Between looks whether the owner wants a rest, and whether memory is idle."""
    look: float = 10.0
    """Between looks at what else runs on the machine."""
    clock: Callable[[], float] = time.monotonic
    rest: Callable[[asyncio.Event, float | None], Awaitable[None]] = rest
    """How the long ones of these waits are waited."""
    random: random.Random = field(default_factory=random.Random)


def timing_for(*, loopback: bool) -> Timing:
    """Return the waits for a server: one on this machine is asked more often."""
    return Timing(idle=(0.1, 0.3), retry=(0.2, 2.0)) if loopback else Timing()


class Backoff:
    """Waits that grow by half each time up to a limit, with jitter to keep workers out of step."""

    def __init__(self, waits: Range, source: random.Random) -> None:
        self._first, self._longest = waits
        self._random = source
        self._next = self._first

    def reset(self) -> None:
        """Start over with the shortest wait."""
        self._next = self._first

    def draw(self) -> float:
        """Return the next wait in seconds: 80 to 100 % of the step it stands on."""
        wait = self._next * self._random.uniform(0.8, 1.0)
        self._next = min(self._next * 1.5, self._longest)
        return wait


async def either(work: asyncio.Future[T], event: asyncio.Event, seconds: float | None) -> None:
    """Wait until the work is done, the event has come or the time is over; cancel nothing."""
    happening: asyncio.Task[object] = asyncio.ensure_future(event.wait())
    futures: set[asyncio.Future[Any]] = {work, happening}
    try:
        await asyncio.wait(futures, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        happening.cancel()
