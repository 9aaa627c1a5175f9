"""The page on the graphics cards that draw for this community, as their Hordes tell of them."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from common.horde.wire_status import WorkerStatus
from web.pages import Pages

WorkersOf = Callable[[], Awaitable[Sequence[WorkerStatus]]]
KEPT_SECONDS = 30.0
"""However often the page is looked at, the Hordes are asked only so often."""
MOST = 100


class CardPages:
    """The handler of the page."""

    def __init__(
        self, workers: WorkersOf, pages: Pages, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._workers = workers
        self._pages = pages
        self._clock = clock
        self._known: Sequence[WorkerStatus] = ()
        self._asked = float("-inf")

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give the page its address."""
        router.add_get("/worker", self.show)

    async def show(self, _request: web.Request) -> web.Response:
        """Show who draws, how fast, and how much it was so far."""
        if self._clock() - self._asked > KEPT_SECONDS:
            self._asked = self._clock()
            self._known = await self._workers()
        page = self._pages.render("worker.html", workers=self._known[:MOST])
        return web.Response(text=page, content_type="text/html")
