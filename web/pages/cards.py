"""The page on the graphics cards that draw for this community, as their Hordes tell of them."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable, Sequence

from aiohttp import web

from common.horde.wire_status import WorkerStatus
from common.texts import say
from web.templating import Pages

WorkersOf = Callable[[], Awaitable[Sequence[WorkerStatus]]]
CARDS = ("/worker", "cards.title")
"""The page's path, and the code of its name."""
KEPT_SECONDS = 30.0
"""However often the page is looked at, the Hordes are asked only so often."""
MOST = 100
USUAL = 512 * 512 * 20 / 1_000_000
"""Megapixelsteps of the picture by which a card's speed is told: 512 x 512 in 20 steps."""
_SPEED = re.compile(r"([0-9]+(?:\.[0-9]+)?) megapixelsteps per second")


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
        page = self._pages.render("worker.html", workers=self._known[:MOST], pace=pace_of)
        return web.Response(text=page, content_type="text/html")


def pace_of(worker: WorkerStatus) -> str:
    """Return how fast a card is in words people know; "" if its Horde cannot tell."""
    found = _SPEED.match(worker.performance)
    if found is None or not float(found[1]):
        return ""
    return say("cards.pace", seconds=f"{USUAL / float(found[1]):.2g}")
