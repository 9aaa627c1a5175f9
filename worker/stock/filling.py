"""Filling the storeroom before the worker begins, and asking now and then whether to again."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import aiohttp

from common import texts
from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from common.errors import WorkerError
from common.running.tasks import cancel
from common.settings.parts import MOST_WANTED
from worker.disk.models import find_models
from worker.events import Notice, Report, Resumed, Waiting
from worker.stock.demand import WEEK, Known
from worker.timing import Timing, either

if TYPE_CHECKING:
    from worker.stock.wanted import Storeroom

ABOUT = "models"
"""What is waited for."""


class Stock:
    """The models of one worker, as far as they come by themselves."""

    def __init__(
        self,
        config: WorkerConfig,
        civitai: CivitaiConfig,
        reference: ReferenceConfig,
        *,
        report: Report,
        timing: Timing,
        memory: Callable[[str], int] | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._civitai = civitai
        self._reference = reference
        self._report = report
        self._timing = timing
        self._memory = memory
        self._now = now
        self._changed = False

    async def fill(self, stop: asyncio.Event) -> None:
        """Fetch the models that are due, unless the worker is to stop first.

        Trouble is only told of while there are models to begin with. Raises WorkerError if not.
        """
        if self._config.models.serve == "all":
            return
        async with self._storeroom() as room:
            if not (self._changed or await asyncio.to_thread(room.due)):
                return
            self._changed = False
            filling = asyncio.create_task(self._follow(room))
            await either(filling, stop, None)
            await cancel(filling)
        if filling.cancelled():
            return
        self._report(Resumed(ABOUT))
        try:
            filling.result()
        except WorkerError as error:
            if not await asyncio.to_thread(find_models, self._config.models.folder):
                raise
            self._tell(str(error))

    async def changed(self, stop: asyncio.Event) -> None:
        """Return once others are wanted than those that are here, looked at once a week."""
        while not stop.is_set():
            await self._timing.rest(stop, WEEK)
            if self._config.models.serve == MOST_WANTED and not stop.is_set():
                self._changed = await self._may_change()
            if self._changed:
                return

    async def _may_change(self) -> bool:
        async with self._storeroom() as room:
            try:
                return (await room.plan(self._tell)).changes
            except WorkerError as error:
                self._tell(str(error))
                return False

    async def _follow(self, room: Storeroom) -> None:
        plan = await room.plan(self._tell)
        await room.follow(plan, self._tell, _Teller(self._report).progress)

    def _tell(self, sentence: str) -> None:
        self._report(Notice(sentence))

    # what asks Hordes is only read where somebody wants it
    @asynccontextmanager
    async def _storeroom(self) -> AsyncIterator[Storeroom]:
        from worker.stock.wanted import Storeroom, memory_for  # noqa: PLC0415

        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            yield Storeroom(
                self._config,
                self._civitai,
                self._reference,
                session,
                memory=self._memory or memory_for,
                now=self._now,
            )


class _Teller:
    """Tells how far a file is, ten times for each."""

    def __init__(self, report: Report) -> None:
        self._report = report
        self._told: tuple[str, int] = ("", 0)

    def progress(self, known: Known, done: int, whole: int | None) -> None:
        tenth = 10 * done // max(whole or known.size, done, 1)
        if (known.name, tenth) == self._told:
            return
        self._told = known.name, tenth
        sentence = texts.say("worker.stock_coming", model=known.name, percent=10 * tenth)
        self._report(Waiting(sentence, ABOUT))
