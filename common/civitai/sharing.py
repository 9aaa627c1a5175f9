"""Questions under way: whoever asks the same waits for the one answer."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

from common.running.tasks import cancel


class Sharing:
    """Asks each question once at a time, and goes on asking if nobody waits any more."""

    def __init__(self) -> None:
        self._asking: dict[str, asyncio.Task[None]] = {}

    async def ask(self, key: str, question: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Ask, unless somebody is asking the same: then wait for that answer."""
        task = self._asking.get(key)
        if task is None:
            task = asyncio.create_task(question(), name=f"ask {key}")
            self._asking[key] = task
            task.add_done_callback(lambda done: self._answered(key, done))
        await asyncio.shield(task)

    async def close(self) -> None:
        """Stop asking."""
        await cancel(*self._asking.values())

    def _answered(self, key: str, done: asyncio.Task[None]) -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # whoever waited has it; nobody else must hear of it
