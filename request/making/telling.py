"""Showing whoever waits how far their request is. A courtesy: it never fails a request."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextvars import copy_context

import structlog

from common.model import Incoming, Progress
from common.running.tasks import cancel
from request.adapter import Adapter
from request.making.progress import Tally

log = structlog.get_logger()

SHORTEST_PAUSE = 0.5
"""Seconds between two reports to a platform."""


class Telling:
    """Shows the progress of one request as often as the platform likes, from `start` to `stop`.

    There is a task only while there is something to show: thousands of requests may wait.
    """

    __slots__ = ("_adapter", "_context", "_incoming", "_shown", "_sleep", "_tally", "_task")

    def __init__(
        self,
        incoming: Incoming,
        adapter: Adapter,
        tally: Tally,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._incoming = incoming
        self._adapter = adapter
        self._tally = tally
        self._sleep = sleep
        self._shown: Progress | None = None
        self._task: asyncio.Task[None] | None = None
        self._context = copy_context()

    def start(self) -> None:
        """Show that the request is heard, and then what changes."""
        self._task = asyncio.create_task(self._begin())

    async def stop(self) -> None:
        """Show nothing more."""
        self._tally.listener = None
        if self._task is not None:
            await cancel(self._task)

    async def _begin(self) -> None:
        can = self._adapter.capabilities
        await self._sleep(can.receipt_after)
        await self._show()
        if can.live_progress:
            self._tally.listener = self._hear
            await self._tell()
        self._task = None

    def _hear(self) -> None:
        """Hear of a change; whoever is just showing one sees to this one too."""
        if self._task is None:
            self._task = asyncio.create_task(self._tell(), context=self._context)

    async def _tell(self) -> None:
        """Show what has changed, no faster than a platform bears."""
        while self._tally.changed:
            self._tally.changed = False
            if self._tally.progress() != self._shown:
                await self._show()
            await self._sleep(SHORTEST_PAUSE)
        self._task = None

    async def _show(self) -> None:
        self._shown = self._tally.progress()
        try:
            await self._adapter.acknowledge(self._incoming, self._shown)
        except Exception as error:  # noqa: BLE001  (whatever it is, the pictures matter more)
            log.info("acknowledge_failed", error=str(error))
