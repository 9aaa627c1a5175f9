"""SQLite asked where we are, instead of in another thread, for what takes microseconds.

Reading does not wait for anybody (WAL), and neither does who has the lock to write. What may wait
goes through a thread: opening, waiting for the lock, and committing, which ends on the disk.

There is one writer. All who want to write while the disk is busy with the last transaction share
the next one, each behind a savepoint of its own, and are told together when it is on the disk.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import partial
from typing import Any, Self, TypeVar

from sqlalchemy.dialects import registry
from sqlalchemy.dialects.sqlite.base import SQLiteExecutionContext
from sqlalchemy.dialects.sqlite.pysqlite import SQLiteDialect_pysqlite
from sqlalchemy.engine import URL, Connection
from sqlalchemy.engine.cursor import FullyBufferedCursorFetchStrategy
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import AsyncAdaptedQueuePool, Pool
from sqlalchemy.util import LRUCache

from common.storage.steady import finish

T = TypeVar("T")

DRIVER = "sqlite+near"
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
"""What a connection is told when it opens."""
KEPT = 4
"""Idle connections kept open; there is no most, as none is waited for."""
STATEMENTS: LRUCache[Any, Any] = LRUCache(1000)
"""Compiled statements of all files that are open in this program."""


class _Context(SQLiteExecutionContext):
    """A statement whose rows are all there when it is over."""

    def post_exec(self) -> None:
        if self.cursor.description is not None:
            self.cursor_fetch_strategy = FullyBufferedCursorFetchStrategy(self.cursor)


class NearDialect(SQLiteDialect_pysqlite):
    """Python's own driver behind SQLAlchemy's asynchronous connections."""

    driver = "near"
    is_async = True
    supports_statement_cache = True
    execution_ctx_cls = _Context

    def __eq__(self, other: object) -> bool:
        """All speak to the same library: what is compiled for one file serves every other."""
        return type(other) is type(self)

    def __hash__(self) -> int:
        return hash(type(self))

    @classmethod
    def get_pool_class(cls, _url: URL) -> type[Pool]:
        """Return the only kind that asynchronous connections take."""
        return AsyncAdaptedQueuePool


registry.register("sqlite.near", __name__, NearDialect.__name__)


class _Opener:
    """Opens a file, or hands out what was opened in a thread for it."""

    def __init__(self, file: str, busy_timeout: float) -> None:
        self._file = file
        self._busy_timeout = busy_timeout
        self.opened: list[Callable[[], sqlite3.Connection]] = []

    def __call__(self) -> sqlite3.Connection:
        return self.opened.pop()() if self.opened else self.open()

    def open(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._file, self._busy_timeout, isolation_level=None, check_same_thread=False
        )
        try:
            for pragma in PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        except BaseException:
            connection.close()
            raise
        return connection


def make_engine(url: URL, busy_timeout: float) -> AsyncEngine:
    """Return the engine for a file, not opened yet."""
    opener = _Opener(url.database or ":memory:", busy_timeout)
    return create_async_engine(
        url.set(drivername=DRIVER),
        hide_parameters=True,
        creator=opener,
        execution_options={"opener": opener, "compiled_cache": STATEMENTS},
        pool_size=KEPT,
        max_overflow=-1,
    )


class NearConnection(AsyncConnection):
    """A connection that runs statements at once: whoever waits for one is not cancelled in it."""

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Take a connection that is open already, or open one in a thread."""
        pool = self.sync_engine.pool
        assert isinstance(pool, AsyncAdaptedQueuePool)
        if pool.checkedin():
            self.sync_connection = self._assign_proxied(self.sync_engine.connect())
            return self
        opener: _Opener = self.sync_engine.get_execution_options()["opener"]
        opened, interrupted = await finish(asyncio.to_thread(opener.open))
        opener.opened.append(opened.result)
        try:
            await super().start(is_ctxmanager)
        finally:
            if interrupted:  # whoever handles an error must not go on either
                await self.close()
                raise asyncio.CancelledError
        return self

    async def close(self) -> None:
        """Give the connection back."""
        if self.sync_connection is not None:
            self.sync_connection.close()

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def execute(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement."""
        return self._proxied.execute(*args, **kwargs)

    async def exec_driver_sql(self, *args: Any, **kwargs: Any) -> Any:
        """Run a statement in the driver's own words."""
        return self._proxied.exec_driver_sql(*args, **kwargs)


class Sqlite:
    """One file: many readers, and one writer whose transactions are shared."""

    def __init__(self, engine: AsyncEngine) -> None:
        """Take an engine that `make_engine` made."""
        self._engine = engine
        self._turn = asyncio.Lock()  # queueing here is fair, SQLite's own busy loop is not
        self._writer: NearConnection | None = None
        self._reader: NearConnection | None = None
        self._opening = asyncio.Lock()
        self._thread: ThreadPoolExecutor | None = None
        self._open: asyncio.Future[None] | None = None
        """The transaction that is open: what those who wrote in it wait for."""
        self._committing: set[asyncio.Task[None]] = set()

    def reading(self) -> AbstractAsyncContextManager[AsyncConnection]:
        """Lend the reader. All share it: a statement is over before anybody else has a turn."""
        return _Reading(self)

    async def reader(self) -> AsyncConnection:
        """Return the connection for reading, opened once."""
        if self._reader is None:
            async with self._opening:
                if self._reader is None:
                    connection = NearConnection(self._engine)
                    await connection.start()
                    self._reader = connection
        return self._reader

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """Lend the writer; what is written with it is on the disk at the end, or undone."""
        async with self._turn:
            done = self._open or await self._begin()
            connection = await self._connected()
            raw = _raw(connection)
            raw.execute("SAVEPOINT mine")
            try:
                yield connection
            except BaseException:
                self._let_go(raw, "ROLLBACK TO mine", "RELEASE mine")
                raise
            self._let_go(raw, "RELEASE mine")
        committed, interrupted = await finish(done)
        if interrupted:
            raise asyncio.CancelledError
        committed.result()

    async def close(self) -> None:
        """Close all connections, when what is open is on the disk."""
        while self._committing:
            await asyncio.wait(self._committing)
        for connection in (self._writer, self._reader):
            if connection is not None:
                await connection.close()
        self._writer = self._reader = None
        await self._engine.dispose()
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    async def _connected(self) -> NearConnection:
        if self._writer is None:
            connection = NearConnection(self._engine)
            await connection.start()
            self._writer = connection
        return self._writer

    async def _begin(self) -> asyncio.Future[None]:
        """Open a transaction, and have it committed after all who wait for their turn now."""
        connection = await self._connected()
        raw, sync = _raw(connection), connection.sync_connection
        assert sync is not None
        transaction = sync.begin()
        if not _locks_at_once(raw):
            lock = partial(sync.exec_driver_sql, "BEGIN IMMEDIATE")
            locked, interrupted = await finish(self._aside(lock))
            error = asyncio.CancelledError() if interrupted else locked.exception()
            if error is not None:
                transaction.rollback()
                raise error
        done = self._open = asyncio.get_running_loop().create_future()
        task = asyncio.create_task(self._commit(done, sync))
        self._committing.add(task)
        task.add_done_callback(self._committing.discard)
        return done

    async def _commit(self, done: asyncio.Future[None], sync: Connection) -> None:
        try:
            async with self._turn:
                if self._open is done:
                    self._open = None
                    committed, _ = await finish(self._aside(sync.commit))
                    committed.result()
                    done.set_result(None)
        except Exception as error:  # noqa: BLE001  (theirs who wait for it)
            self._lose(done, error)
        finally:
            if not done.done():
                self._lose(done, InterruptedError("the program ends"))

    def _let_go(self, raw: sqlite3.Connection, *words: str) -> None:
        """End a savepoint. If it is gone, SQLite has undone the whole transaction."""
        try:
            for one in words:
                raw.execute(one)
        except sqlite3.Error as error:
            assert self._open is not None
            self._lose(self._open, OSError(str(error)))

    def _lose(self, done: asyncio.Future[None], error: Exception) -> None:
        """Undo an open transaction: nothing of it counts for anybody in it."""
        self._open = None
        if self._writer is not None and self._writer.sync_connection is not None:
            self._writer.sync_connection.invalidate()  # closing is the surest way to roll back
            self._writer.sync_connection.close()
            self._writer = None
        done.set_exception(error)
        done.exception()  # perhaps nobody waits for it any more

    def _aside(self, work: Callable[[], T]) -> asyncio.Future[T]:
        """Do in the writer's thread what may wait."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, "sqlite")
        return asyncio.get_running_loop().run_in_executor(self._thread, work)


class _Reading(AbstractAsyncContextManager[AsyncConnection]):
    """The reader while somebody has it."""

    def __init__(self, file: Sqlite) -> None:
        self._file = file

    async def __aenter__(self) -> AsyncConnection:
        return await self._file.reader()

    async def __aexit__(self, *_: object) -> None:
        """There is nothing to give back."""


def _raw(connection: AsyncConnection) -> sqlite3.Connection:
    assert connection.sync_connection is not None
    raw = connection.sync_connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    return raw


def _locks_at_once(raw: sqlite3.Connection) -> bool:
    """Take the lock for writing if nobody has it, or any other trouble."""
    [[patience]] = raw.execute("PRAGMA busy_timeout")
    raw.execute("PRAGMA busy_timeout=0")
    try:
        raw.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError:
        return False
    else:
        return True
    finally:
        raw.execute(f"PRAGMA busy_timeout={patience}")
