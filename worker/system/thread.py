"""Blocking work in a thread that cannot keep the process alive.

`asyncio.to_thread` waits at exit for what it runs; an engine that hangs must not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import TypeVar

T = TypeVar("T")


def in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Start the work in a daemon thread and return its future result."""
    outcome: Future[T] = Future()
    outcome.set_running_or_notify_cancel()

    def body() -> None:
        try:
            outcome.set_result(work())
        except StopIteration as error:  # asyncio cannot carry this one
            outcome.set_exception(RuntimeError(repr(error)))
        except BaseException as error:  # noqa: BLE001  (it is raised again where it is awaited)
            outcome.set_exception(error)

    Thread(target=body, name="engine", daemon=True).start()
    return asyncio.wrap_future(outcome)
