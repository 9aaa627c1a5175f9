"""Watching the clock of this machine: that it jumps, or goes wrong, is said in the log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterator

import structlog

from common.horde import clocks
from common.running.tasks import first
from request.horde.hordes import Hordes

log = structlog.get_logger()

LOOKED_AT_EVERY = 15.0


def disagreements(hordes: Hordes) -> Iterator[str]:
    """Yield for each Horde whose clock differs from ours a sentence that says by how much."""
    for endpoint in hordes.endpoints:
        if sentence := clocks.disagreement(endpoint.client.ahead, endpoint.name):
            yield sentence


class Timekeeping:
    """Tells of each jump, and once of a clock that is wrong."""

    def __init__(
        self,
        hordes: Hordes,
        *,
        now: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._hordes = hordes
        self._now = now
        self._monotonic = monotonic
        self._sleep = sleep
        self._apart = now() - monotonic()
        self._wrong = False

    async def run(self, stop: asyncio.Event) -> None:
        """Look at the clock until `stop` is set."""
        while not stop.is_set():
            self.look()
            await first(self._sleep(LOOKED_AT_EVERY), stop.wait())

    def look(self) -> list[str]:
        """Say in the log what has happened to the clock since the last look; return what is new."""
        news = []
        apart = self._now() - self._monotonic()
        if told := clocks.jump(apart - self._apart):
            log.warning("clock_jumped", seconds=round(apart - self._apart), told=told)
            news.append(told)
        self._apart = apart
        wrong = list(disagreements(self._hordes))
        if wrong and not self._wrong:
            log.warning("clock_wrong", told=" ".join(wrong))
            news += wrong
        self._wrong = bool(wrong)
        return news
