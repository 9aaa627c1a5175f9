"""What is done about failures: one is passed over, several in a row make a pause."""

from __future__ import annotations

import asyncio

from common import texts
from worker.events import Report, Resumed, Waiting
from worker.timing import Backoff, Timing

FAILURES_TO_PAUSE = 3


class Patience:
    """Counts the failures of one device, of preparing jobs, or of alchemy."""

    def __init__(self, timing: Timing, report: Report, about: str) -> None:
        """Take whose failures they are: what the operator tells the waits apart by."""
        self.failures = 0
        """In a row."""
        self.resting = False
        self._report = report
        self._about = about
        self._rest = timing.rest
        self._pause = Backoff(timing.pause, timing.random)
        self._reason = ""
        self._paused = 0

    def relax(self) -> None:
        """Hold nothing against it any more: something went well."""
        self.failures = self._paused = 0
        self._pause.reset()

    def note(self, reason: str) -> None:
        """Count a failure."""
        self.failures += 1
        self._reason = reason

    async def sit_out(self, over: asyncio.Event) -> None:
        """Wait a while when several failed in a row; longer with each further one."""
        if self.failures < FAILURES_TO_PAUSE or self.failures == self._paused or over.is_set():
            return
        self._paused = self.failures
        seconds = self._pause.draw()
        sentence = texts.say(
            "worker.paused", failures=self.failures, reason=self._reason, seconds=round(seconds)
        )
        self._report(Waiting(sentence, self._about))
        self.resting = True
        try:
            await self._rest(over, seconds)
        finally:
            self.resting = False
        self._report(Resumed(self._about))
