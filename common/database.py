"""The database: one way to look, one way to write, one linear history of the schema.

SQLite (WAL, synchronous=FULL) by default, PostgreSQL when a community outgrows one machine.
Each room owns its tables; what they share is this connection and the migrations run at start.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from pathlib import Path

import stamina
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import (
    ArgumentError,
    DBAPIError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.exc import TimeoutError as NoConnectionLeft
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from common.errors import StoreError, StoreRefused
from common.storage import postgres, revisions, sqlite
from common.storage.revisions import MIGRATIONS

BUSY_TIMEOUT = 10.0
"""Seconds a statement waits for another process that holds a lock."""
FULL = ("disk I/O error", "disk is full", "No space left")
"""What SQLite, PostgreSQL and the system say when there is no room."""
UNFIT = ("22", "54")
"""Classes of PostgreSQL's errors: a value is too long or of another kind, or beyond a limit."""


class Database:
    """A connected database. `read` for looking, `write` for one transaction of changes."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take an engine that `make_engine` made."""
        self.engine = engine
        near = engine.dialect.name == "sqlite"
        self._lender = sqlite.Sqlite(engine) if near else postgres.Postgres(engine)
        self._shown = shown(engine.url)
        self._lent = 0
        self._all_back = asyncio.Event()
        self._all_back.set()
        self._closed = False

    def read(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection for reading."""
        return self._lend(self._lender.reading)

    def write(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend a connection in a transaction that commits at the end, or rolls back.

        A transaction that has begun is finished: a task that is cancelled inside it is told so
        when it is over.
        """
        return self._lend(self._lender.writing)

    @asynccontextmanager
    async def _lend(
        self, lent: Callable[[], AbstractAsyncContextManager[AsyncConnection]]
    ) -> AsyncIterator[AsyncConnection]:
        """Lend a connection; the database's troubles come out as StoreError.

        What it will never take is StoreRefused; a broken constraint stays IntegrityError.
        """
        if self._closed:  # whoever comes now would open a connection that nobody closes
            raise StoreError("store.closed", where=self._shown)
        self._lent += 1
        self._all_back.clear()
        try:
            async with lent() as connection:
                yield connection
        except IntegrityError:
            raise
        except (DBAPIError, NoConnectionLeft, OSError) as error:
            raise trouble(self._shown, error) from error
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
        await self._lender.close()


async def open_database(
    url: str, *, migrations: Path = MIGRATIONS, busy_timeout: float = BUSY_TIMEOUT
) -> Database:
    """Connect, bring the schema up to date, and return the database.

    Raises StoreError with a sentence that names the address without its password.
    """
    database = Database(make_engine(url, busy_timeout))
    try:
        # who turns a new file to WAL meets "locked" at once if another does so this moment
        async for attempt in stamina.retry_context(
            on=_is_locked, attempts=None, timeout=busy_timeout, wait_initial=0.02, wait_max=0.5
        ):
            with attempt:
                async with database.read() as connection:
                    found = await connection.run_sync(revisions.current)
                if found != revisions.newest(migrations):
                    _check_known(found, migrations, where=shown(make_url(url)))
                    await _migrate(url, migrations, busy_timeout)
    except BaseException as error:
        await database.close()
        if not isinstance(error, SQLAlchemyError | OSError):
            raise
        raise trouble(shown(make_url(url)), error) from error
    return database


def _check_known(found: str | None, migrations: Path, *, where: str) -> None:
    """Refuse a database that a later version of the program has written. Raises StoreError."""
    if found is not None and found not in revisions.known(migrations):
        raise StoreError("store.newer", where=where, revision=found)


async def _migrate(url: str, migrations: Path, busy_timeout: float) -> None:
    engine = make_engine(url, busy_timeout, hurried=False)
    try:
        async with engine.connect() as connection:
            await connection.run_sync(revisions.upgrade, migrations)
    finally:
        await engine.dispose()


def _is_locked(error: Exception) -> bool:
    cause = error.__cause__ if isinstance(error, StoreError) else error
    return isinstance(cause, OperationalError) and "locked" in str(cause.orig)


def make_engine(
    url: str, busy_timeout: float = BUSY_TIMEOUT, *, hurried: bool = True
) -> AsyncEngine:
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
        if is_sqlite:
            return sqlite.make_engine(parsed, busy_timeout)
        return postgres.make_engine(parsed, busy_timeout, hurried=hurried)
    except (SQLAlchemyError, ImportError) as error:
        raise StoreError("store.driver", where=shown(parsed), problem=error) from error


def trouble(where: str, error: Exception) -> StoreError | StoreRefused:
    """Put what a database failed at into a sentence; a full disk is named."""
    problem = getattr(error, "orig", None) or error  # without the library's hints to programmers
    if _is_unfit(problem):
        return StoreRefused(where=where, problem=problem)
    full = any(sign in str(problem) for sign in FULL)
    return StoreError("store.disk" if full else "store.failed", where=where, problem=problem)


def _is_unfit(problem: Exception) -> bool:
    """Tell whether the values themselves are what a database failed at."""
    state = getattr(problem, "sqlstate", None)
    if state is not None:
        return str(state).startswith(UNFIT)
    # SQLite's "too big"; and a number that PostgreSQL's driver does not even send
    return isinstance(problem, sqlite3.DataError) or isinstance(problem.__cause__, ValueError)


def shown(url: URL) -> str:
    """Return an address as people are shown it: without its password and our driver's name."""
    if url.get_backend_name() == "sqlite":
        url = url.set(drivername="sqlite")
    return url.render_as_string(hide_password=True)
