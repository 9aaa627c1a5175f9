"""The fake's webhook calls: one POST per picture, as soon as it exists."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import aiohttp

from tests.fakes.horde.requests import FakeRequest
from tests.fakes.journal import Exchange

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde


class Webhooks:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde
        self._tasks: set[asyncio.Task[None]] = set()

    def accepted(self, made: FakeRequest) -> None:
        """Call when the request will be done, if it has a webhook and a time."""
        if made.body.get("webhook") and made.seconds is not None:
            self._keep(self._announce_later(made, made.seconds))

    def announce(self, made: FakeRequest) -> None:
        """Post the pictures finished since the last time to the request's webhook."""
        webhook, finished = made.body.get("webhook"), made.finished(self._horde.now())
        if webhook and finished > made.announced:
            calls = [
                made.webhook_call(number, self._horde.routes.image(made, number))
                for number in range(made.announced, finished)
            ]
            made.announced = finished
            self._keep(self._post(webhook, calls))

    async def _announce_later(self, made: FakeRequest, seconds: float) -> None:
        await asyncio.sleep(seconds)
        self.announce(made)

    async def _post(self, webhook: str, calls: list[dict[str, Any]]) -> None:
        timeout = aiohttp.ClientTimeout(total=30)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for call in calls:
                try:
                    async with session.post(webhook, json=call) as response:
                        status = response.status
                except (aiohttp.ClientError, TimeoutError):
                    status = 0
                self._horde.journal.add(
                    Exchange("webhook", "POST", webhook, call, status, self._horde.now(), {})
                )

    def _keep(self, work: Any) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
