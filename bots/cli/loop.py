"""Running the event loop for a command."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

from common.running.signals import stop_on_signals

T = TypeVar("T")


def run_until_stopped(main: Callable[[asyncio.Event], Awaitable[T]]) -> T:
    """Run `main(stop)`, where SIGINT and SIGTERM set `stop`."""

    async def run() -> T:
        return await main(stop_on_signals())

    return asyncio.run(run())
