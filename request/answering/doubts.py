"""Answers of which nobody knows yet where they stand: people see one before that is noted.

After a crash that lasts until the request is taken up and the platform is asked. What is said in
reply meanwhile waits, so that nobody is told that their picture is not known.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace

from common.model import Incoming
from request.kept.store import Store

LOOKS, LOOK = 120, 0.25
"""How often, and after how many seconds, it is looked whether the answer replied to is noted."""


class Doubts:
    """Waits until it is known what somebody replies to."""

    def __init__(
        self, store: Store, *, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    ) -> None:
        self._store = store
        self._sleep = sleep

    async def settled(
        self, incoming: Incoming, *, waits: Callable[[], None] = lambda: None
    ) -> bool:
        """Wait while what is replied to may be one of the answers that are getting out just now.

        Returns False where that is still in doubt after half a minute. `waits` is called before the
        first look but one.
        """
        account, parent = incoming.place.account, incoming.parent
        if parent is None or parent.startswith("#"):
            return True
        doubtful = await self._store.posts_in_doubt(account)
        for _ in range(LOOKS):
            if not doubtful or await self._is_known(account, parent, incoming):
                return True
            waits()
            await self._sleep(LOOK)
            doubtful &= await self._store.posts_in_doubt(account)  # newer ones were not seen
        return False

    async def _is_known(self, account: str, parent: str, incoming: Incoming) -> bool:
        """Tell whether it is a post of ours that is noted, or the event of a request."""
        if await self._store.request_behind(account, parent) is not None:
            return True
        return await self._store.request_of_event(replace(incoming, event=parent)) is not None
