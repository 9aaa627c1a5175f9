"""Work that is not cut off when its task is cancelled; the task is told when it is over."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any, Self, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

T = TypeVar("T")

LONGEST = 90.0
"""Seconds for one step with a connection, more than any takes that ends. After a server had broken
connections off again and again, somebody was seen to wait for ever.
"""


async def finish(work: Awaitable[T]) -> tuple[asyncio.Future[T], bool]:
    """Await some work to its end; return it, done, and whether the task was cancelled meanwhile."""
    task, interrupted = asyncio.ensure_future(work), False
    while not task.done():
        try:
            await asyncio.shield(task)
        except asyncio.CancelledError:
            interrupted = True
        except Exception:  # noqa: BLE001  (the task's own; raised from its result)
            break
    return task, interrupted


async def bounded(work: Awaitable[T], seconds: float) -> T:
    """Await some work that nobody cancels, for so long at most.

    Raises TimeoutError, and ConnectionError where the work itself was cut off.
    """
    try:
        async with asyncio.timeout(seconds):
            return await work
    except asyncio.CancelledError as error:
        raise ConnectionError("The connection was given up.") from error


class SteadyConnection(AsyncConnection):
    """A connection whose work is not cut off by a cancelled task; it is told when it lets go.

    Cutting a statement off leaves its locks with a connection that nobody can reach any more.
    """

    interrupted = False
    """Whether the task was cancelled meanwhile."""

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Connect to the end. Who is cancelled meanwhile is told so, even if there is no server."""
        try:
            await self._finish(super().start(is_ctxmanager))
        except Exception as error:
            if self.interrupted:
                raise asyncio.CancelledError from error
            raise
        if self.interrupted:
            await self.close()
            raise asyncio.CancelledError
        return self

    async def close(self) -> None:
        """Give the connection back to the end."""
        await self._finish(super().close())

    async def __aexit__(self, _type: object, error: BaseException | None, _trace: object) -> None:
        await self.close()
        if self.interrupted:  # whoever handles an error must not go on either
            raise asyncio.CancelledError from error

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement to its end."""
        return await self._finish(super().execute(*args, **kwargs))

    async def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement in the driver's own words to its end."""
        return await self._finish(super().exec_driver_sql(*args, **kwargs))

    async def commit(self) -> None:
        """Commit to the end."""
        await self._finish(super().commit())

    async def rollback(self) -> None:
        """Roll back to the end."""
        await self._finish(super().rollback())

    async def _finish(self, work: Awaitable[T]) -> T:
        done, interrupted = await finish(bounded(work, LONGEST))
        self.interrupted = self.interrupted or interrupted
        return done.result()
