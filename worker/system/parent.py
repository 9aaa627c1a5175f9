"""Ending with the parent.

Whoever starts the worker with a pipe on its standard input may be killed without a word, and
the end of that pipe is then the only sign.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from threading import Event, Thread

GRACE = 0.4
"""Seconds the worker has to end by itself; with a parent gone, usually so is the server."""


def watch_parent(
    on_gone: Callable[[], object],
    *,
    stdin: int = 0,
    grace: float = GRACE,
    leave: Callable[[int], None] = os._exit,
) -> Thread:
    """Wait in a thread until `stdin` reaches its end; then call `on_gone`, and leave for sure.

    The thread does not keep the process alive. `on_gone` must be safe to call from a thread.
    """

    def body() -> None:
        while _more(stdin):
            pass
        try:
            on_gone()
        finally:
            Event().wait(grace)  # a process that ends in time takes this thread along
            leave(1)

    thread = Thread(target=body, name="parent watch", daemon=True)
    thread.start()
    return thread


def _more(stdin: int) -> bool:
    """Read on; False at the end, or if there is no such input."""
    try:
        return bool(os.read(stdin, 4096))
    except OSError:
        return False
