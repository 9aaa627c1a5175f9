"""Waiting until something holds, never for a time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from inspect import isawaitable
from typing import Any

PAUSE = 0.02
"""Seconds between two looks."""


async def wait_until(
    condition: Callable[[], Any], seconds: float = 30.0, *, pause: float = PAUSE
) -> Any:
    """Wait until a condition holds, and return what it gave; fail loudly if it never does.

    What has to be asked for (rows, a page) is asked by a coroutine function.
    """
    async with asyncio.timeout(seconds):
        while True:
            found = condition()
            if isawaitable(found):
                found = await found
            if found:
                return found
            await asyncio.sleep(pause)


async def wait_while(
    condition: Callable[[], Any], seconds: float = 30.0, *, pause: float = PAUSE
) -> None:
    """Wait until something no longer holds; fail loudly if it always does."""

    async def over() -> bool:
        held = condition()
        return not (await held if isawaitable(held) else held)

    await wait_until(over, seconds, pause=pause)
