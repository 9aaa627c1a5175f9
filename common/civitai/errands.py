"""Things to do in the background, one at a time and without haste."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from common.tasks import cancel

PAUSE = 2.0
"""Seconds between two errands nobody waits for."""
SETTLING = 0.4
"""Seconds in which somebody who types may type on."""

Errand = Callable[[], Awaitable[None]]


class Errands:
    """Runs errands: hurried ones first, of each name only the latest."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]]) -> None:
        self._sleep = sleep
        self._hurried: dict[str, Errand] = {}
        self._queued: dict[str, Errand] = {}
        self._task: asyncio.Task[None] | None = None
        self._hurry = asyncio.Event()

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
        """Stop; what is not done is not done."""
        if self._task is not None:
            await cancel(self._task)

    def _begin(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="errands")

    async def _run(self) -> None:
        while self._hurried or self._queued:
            if self._hurried:
                await self._sleep(SETTLING)
                await _take(self._hurried)()
                continue
            await _take(self._queued)()
            await self._rest()

    async def _rest(self) -> None:
        """Pause, unless somebody is in a hurry."""
        self._hurry.clear()
        if self._hurried:
            return
        resting = asyncio.ensure_future(self._sleep(PAUSE))
        hurrying = asyncio.ensure_future(self._hurry.wait())
        try:
            await asyncio.wait({resting, hurrying}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await cancel(resting, hurrying)


def _take(errands: dict[str, Errand]) -> Errand:
    return errands.pop(next(iter(errands)))
