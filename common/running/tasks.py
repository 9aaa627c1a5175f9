"""Waiting for asyncio tasks, and ending them for good."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any


async def cancel(*tasks: asyncio.Future[Any]) -> None:
    """Cancel the tasks and wait until they are gone; what they raise meanwhile is dropped."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def first(*awaitables: Awaitable[object]) -> None:
    """Wait until one of them is done, and end the others; all end where the task is cancelled."""
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        await cancel(*tasks)
