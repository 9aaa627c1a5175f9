"""The database: one engine, one way to write, one linear history of the schema.

SQLite (WAL, synchronous=FULL) by default, PostgreSQL when a community outgrows one machine.
Each room owns its tables; what they share is this connection and the migrations run at start.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any, Self, TypeVar

import stamina
from sqlalchemy import event
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from common import revisions, sqlite
from common.errors import StoreError
from common.revisions import MIGRATIONS

T = TypeVar("T")

BUSY_TIMEOUT = 10.0
"""Seconds a statement waits for another process that holds a lock."""
IDLE = 2
"""Times that long PostgreSQL keeps a transaction in which nothing happens. Ours take milliseconds;
who leaves one open that long hangs, and its locks would keep others from taking over.
"""
ANSWER_TIMEOUT = 60.0
"""Seconds for one answer of PostgreSQL; migrations have no such limit."""


class Database:
    """A connected database. `read` for looking, `write` for one transaction of changes."""

    def __init__(self, engine: AsyncEngine) -> None:
        self.engine = engine
        self.is_sqlite = engine.dialect.name == "sqlite"
        self._shown = engine.url.render_as_string(hide_password=True)
        # SQLite has one writer; queueing here is fair, its own busy loop is not
        self._writer = asyncio.Lock()
        self._lent = 0
        self._all_back = asyncio.Event()
        self._all_back.set()
        self._closed = False

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection for reading."""
        async with _translating(self._shown), self._lend() as connection:
            yield connection

    @asynccontextmanager
    async def write(self) -> AsyncIterator[AsyncConnection]:
        """Lend a connection in a transaction that commits at the end, or rolls back.

        A transaction that has begun is finished: a task that is cancelled inside it is told so
        when it is over.
        """
        async with _translating(self._shown), self._turn(), self._lend() as connection:
            if self.is_sqlite:
                await connection.exec_driver_sql("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                await connection.rollback()
                raise
            await connection.commit()

    def _turn(self) -> AbstractAsyncContextManager[None]:
        return self._writer if self.is_sqlite else nullcontext()

    @asynccontextmanager
    async def _lend(self) -> AsyncIterator[AsyncConnection]:
        if self._closed:  # whoever comes now would open a connection that nobody closes
            raise StoreError("store.closed", where=self._shown)
        self._lent += 1
        self._all_back.clear()
        try:
            async with SteadyConnection(self.engine) as connection:
                yield connection
        finally:
            self._lent -= 1
            if not self._lent:
                self._all_back.set()

    async def close(self) -> None:
        """Close all connections, those that are lent when they come back (for a bounded time)."""
        self._closed = True
        # one that came back after the pool is gone would be left open
        with suppress(TimeoutError):
            await asyncio.wait_for(self._all_back.wait(), BUSY_TIMEOUT)
        await self.engine.dispose()


@asynccontextmanager
async def _translating(where: str) -> AsyncIterator[None]:
    """Turn the database's troubles into StoreError; a broken constraint stays IntegrityError."""
    try:
        yield
    except IntegrityError:
        raise
    except DBAPIError as error:
        raise StoreError("store.failed", where=where, problem=error.orig) from error
    except (NoConnectionLeft, OSError) as error:  # a server that is just being restarted
        raise StoreError("store.failed", where=where, problem=error) from error


class SteadyConnection(AsyncConnection):
    """A connection whose work is not cut off by a cancelled task; it is told when it lets go.

    Cutting a statement off leaves SQLite's lock with a connection that nobody can reach any more;
    cutting opening or closing off leaves its thread behind.
    """

    interrupted = False
    """Whether the task was cancelled meanwhile."""

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Connect to the end."""
        await self._finish(super().start(is_ctxmanager))
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

    async def _finish(self, work: Coroutine[Any, Any, T]) -> T:
        task = asyncio.ensure_future(work)
        while not task.done():
            try:
                await asyncio.shield(task)
            except asyncio.CancelledError:
                self.interrupted = True
            except Exception:  # noqa: BLE001  (the task's own; raised from its result)
                break
        return task.result()


async def open_database(
    url: str, *, migrations: Path = MIGRATIONS, busy_timeout: float = BUSY_TIMEOUT
) -> Database:
    """Connect, bring the schema up to date, and return the database.

    Raises StoreError with a sentence that names the address without its password.
    """
    engine = _make_engine(url, busy_timeout)
    try:
        # who turns a new file to WAL meets "locked" at once if another does so this moment
        async for attempt in stamina.retry_context(
            on=_is_locked, attempts=None, timeout=busy_timeout, wait_initial=0.02, wait_max=0.5
        ):
            with attempt:
                if not await _is_up_to_date(engine, migrations):
                    await _migrate(url, migrations, busy_timeout)
    except BaseException as error:
        await engine.dispose()
        if not isinstance(error, SQLAlchemyError | OSError):
            raise
        shown = engine.url.render_as_string(hide_password=True)
        raise StoreError("store.failed", where=shown, problem=error) from error
    return Database(engine)


async def _is_up_to_date(engine: AsyncEngine, migrations: Path) -> bool:
    async with SteadyConnection(engine) as connection:
        return await connection.run_sync(revisions.current) == revisions.newest(migrations)


async def _migrate(url: str, migrations: Path, busy_timeout: float) -> None:
    engine = _make_engine(url, busy_timeout, hurried=False)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(revisions.upgrade, migrations)
    finally:
        await engine.dispose()


def _is_locked(error: Exception) -> bool:
    return isinstance(error, OperationalError) and "locked" in str(error.orig)


def _make_engine(url: str, busy_timeout: float, *, hurried: bool = True) -> AsyncEngine:
    """Return the engine for an address, not connected yet. Raises StoreError.

    One that is not `hurried` waits for the database as long as it takes.
    """
    try:
        parsed = make_url(url)
    except ArgumentError:  # its text may hold the password
        raise StoreError("store.address") from None
    is_sqlite = parsed.get_backend_name() == "sqlite"
    if is_sqlite and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    try:
        # what people wrote is no part of an error's text
        engine = create_async_engine(
            parsed, hide_parameters=True, **_options(parsed, busy_timeout, hurried=hurried)
        )
    except (SQLAlchemyError, ImportError) as error:
        shown = parsed.render_as_string(hide_password=True)
        raise StoreError("store.driver", where=shown, problem=error) from error
    if is_sqlite:
        _prepare_sqlite(engine)
    elif hurried:
        _prepare_postgres(engine, busy_timeout)
    return engine


def _options(parsed: URL, busy_timeout: float, *, hurried: bool) -> dict[str, Any]:
    if parsed.get_backend_name() == "sqlite":
        near = parsed.get_driver_name() == "aiosqlite"
        how = {"async_creator_fn": sqlite.connect} if near else {}
        return {"connect_args": {"timeout": busy_timeout, **how}}
    options: dict[str, Any] = {"pool_pre_ping": True, "pool_size": 5, "max_overflow": 5}
    if hurried and parsed.get_driver_name() == "asyncpg":
        options["connect_args"] = {"timeout": busy_timeout, "command_timeout": ANSWER_TIMEOUT}
    return options


def _prepare_sqlite(engine: AsyncEngine) -> None:
    """Set what SQLite forgets between connections, and let us write BEGIN ourselves."""

    @event.listens_for(engine.sync_engine, "connect")
    def _pragmas(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()


def _prepare_postgres(engine: AsyncEngine, busy_timeout: float) -> None:
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
