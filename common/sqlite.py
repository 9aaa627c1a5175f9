"""SQLite asked where we are, instead of in another thread, for what takes microseconds.

aiosqlite sends every single call through a thread of its own; ten such round trips for a statement
cost more than anything SQLite does. Reading does not wait for anybody (WAL), and who has the lock
to write does not either. What may wait still goes through the thread: opening, taking the lock,
and committing, which ends on the disk.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from functools import partial
from typing import Any

import aiosqlite

AT_ONCE = frozenset({"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"})
"""First words of statements that do not wait: they read, or run in a transaction that has the
lock."""
OF_A_CURSOR = frozenset({"fetchone", "fetchmany", "fetchall", "close"})
OF_A_CONNECTION = frozenset({"cursor", "rollback"})


class NearConnection(aiosqlite.Connection):
    """A connection of aiosqlite that does at once what does not wait."""

    async def _execute(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        if _may_wait(fn, args):
            return await super()._execute(fn, *args, **kwargs)  # type: ignore[no-untyped-call]
        if not self._running or not self._connection:
            raise ValueError("Connection closed")
        return fn(*args, **kwargs)


def connect(database: str, **options: Any) -> NearConnection:
    """Return a connection to be awaited, as `aiosqlite.connect` does."""
    options["check_same_thread"] = False
    connection = NearConnection(partial(sqlite3.connect, database, **options), 64)
    connection._thread.daemon = True  # noqa: SLF001  (as SQLAlchemy has it for its own)
    return connection


def _may_wait(fn: Callable[..., Any], args: tuple[Any, ...]) -> bool:
    name = fn.__name__
    if not isinstance(getattr(fn, "__self__", None), sqlite3.Cursor):
        return name not in OF_A_CONNECTION
    if name in OF_A_CURSOR:
        return False
    words = str(args[0]).split(None, 1) if args else []
    return not words or words[0].upper() not in AT_ONCE
