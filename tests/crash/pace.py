"""Time that passes faster, for a program that knows nothing of it and for the fakes around it.

A lease lasts a minute and a Horde is given half a minute to answer; hundreds of kills cannot wait
for either. So both sides run on the same clock that goes `speed` times as fast: `time.time`,
`time.monotonic` and the event loop's time, set before the program is imported. What waits outside
Python (SQLite's lock, the network) keeps real time.
"""

from __future__ import annotations

import asyncio
import selectors
import time
from dataclasses import dataclass

REAL_TIME = time.time
REAL_MONOTONIC = time.monotonic


@dataclass(frozen=True, slots=True)
class Pace:
    """Unix time that went apart from the real one at `epoch` and runs `speed` times as fast."""

    speed: float = 1.0
    epoch: float = 0.0

    def unix(self) -> float:
        return self.epoch + (REAL_TIME() - self.epoch) * self.speed

    def monotonic(self) -> float:
        return REAL_MONOTONIC() * self.speed

    def new_loop(self) -> asyncio.AbstractEventLoop:
        """Return an event loop that lives at this pace."""
        return _Loop(self)


class _Selector(selectors.DefaultSelector):
    def __init__(self, speed: float) -> None:
        super().__init__()
        self._speed = speed

    def select(self, timeout=None):
        return super().select(timeout if timeout is None else timeout / self._speed)


class _Loop(asyncio.SelectorEventLoop):
    def __init__(self, pace: Pace) -> None:
        super().__init__(_Selector(pace.speed))
        self._pace = pace

    def time(self) -> float:
        return self._pace.monotonic()


class _Policy(asyncio.DefaultEventLoopPolicy):
    def __init__(self, pace: Pace) -> None:
        super().__init__()
        self._pace = pace

    def new_event_loop(self) -> asyncio.AbstractEventLoop:
        return self._pace.new_loop()


def live_by(pace: Pace, *, ahead=lambda: 0.0) -> None:
    """Let this whole process live at a pace; `ahead` is by how much its wall clock is wrong."""
    time.time = lambda: pace.unix() + ahead()
    time.monotonic = pace.monotonic
    asyncio.set_event_loop_policy(_Policy(pace))
