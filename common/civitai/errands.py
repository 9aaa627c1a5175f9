"""Things to do in the background, one at a time and without haste."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from common.running.tasks import cancel, first

log = structlog.get_logger()

PAUSE = 2.0
"""Seconds between two errands nobody waits for."""
SETTLING = 0.4
"""Seconds in which somebody who types may type on."""

AGAIN = 60.0
"""Seconds after which what could not be done is tried again."""

Errand = Callable[[], Awaitable[bool]]
"""What is to be done; it tells whether it is."""


class Errands:
    """Runs errands: hurried ones first, of each name only the latest.

    What nobody is in a hurry for is tried until it is done.
    """

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._hurried: dict[str, Errand] = {}
        self._queued: dict[str, Errand] = {}
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()
        self._closed = False

    def hurry(self, name: str, errand: Errand) -> None:
        """Do this next; a later one of the same name takes its place."""
        self._hurried[name] = errand
        self._hurry.set()
        self._begin()

    def queue(self, name: str, errand: Errand) -> None:
        """Do this when there is nothing else."""
        self._queued.setdefault(name, errand)
        self._begin()

    async def close(self) -> None:
        """Stop for good; what is not done is not done."""
        self._closed = True
        if self._task is not None:
            await cancel(self._task)

    def _begin(self) -> None:
        if not self._closed and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._run(), name="errands")

    async def _run(self) -> None:
        while self._hurried or self._queued:
            if self._hurried:
                await self._sleep(SETTLING)
                name = next(iter(self._hurried))
                await _done(name, self._hurried.pop(name))
                continue
            name = next(iter(self._queued))
            errand = self._queued.pop(name)
            done = await _done(name, errand)
            if not done:
                self._queued[name] = errand
            await self._rest(PAUSE if done else AGAIN)

    async def _rest(self, seconds: float) -> None:
        """Pause, unless somebody is in a hurry."""
        self._hurry.clear()
        if self._hurried:
            return
        await first(self._sleep(seconds), self._hurry.wait())


async def _done(name: str, errand: Errand) -> bool:
    """Tell whether an errand is done; one that breaks is not, and leaves the others alone."""
    try:
        return await errand()
    except Exception:
        log.exception("errand_broken", errand=name)
        return False
