"""PostgreSQL: connections that are lent, and a server that is not waited for without end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from common.storage.steady import SteadyConnection

IDLE = 2
"""Times `busy_timeout` PostgreSQL keeps a transaction in which nothing happens. Ours take
milliseconds; who leaves one open that long hangs, and its locks would keep others from taking over.
"""
ANSWER_TIMEOUT = 60.0
"""Seconds for one answer; migrations have no such limit."""


def make_engine(url: URL, busy_timeout: float, *, hurried: bool = True) -> AsyncEngine:
    """Return the engine for a server, not connected yet.

    One that is not `hurried` waits for the server as long as it takes.
    """
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5}
    if hurried and url.get_driver_name() == "asyncpg":
        options["connect_args"] = {"timeout": busy_timeout, "command_timeout": ANSWER_TIMEOUT}
    # what people wrote is no part of an error's text
    engine = create_async_engine(url, hide_parameters=True, **options)
    if hurried:
        _bound(engine, busy_timeout)
    return engine


def _bound(engine: AsyncEngine, busy_timeout: float) -> None:
    """Bound how long a connection waits for others, and how long it may keep them waiting."""
    bounds = {
        "lock_timeout": busy_timeout,
        "idle_in_transaction_session_timeout": IDLE * busy_timeout,
    }

    @event.listens_for(engine.sync_engine, "connect")
    def _set(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        for name, seconds in bounds.items():
            cursor.execute(f"SET {name} = {1000 * seconds:.0f}")
        cursor.close()
        connection.commit()  # else the first rollback takes it back


class Postgres:
    """A server that orders its writers itself."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._reading = engine.execution_options(isolation_level="AUTOCOMMIT")

    def reading(self) -> AsyncConnection:
        """Return a connection to be opened for reading.

        Each statement is by itself: opening and ending a transaction around it would be two more
        ways to the server and back, while others wait for the connection.
        """
        return SteadyConnection(self._reading)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection in a transaction."""
        async with SteadyConnection(self._engine) as connection:
            try:
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    async def close(self) -> None:
        """Give all connections back."""
        await self._engine.dispose()
