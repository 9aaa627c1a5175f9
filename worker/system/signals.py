"""What Ctrl-C and the system's wish to end do to the worker, on every system."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable

from common.running.signals import listen


def stop_on_signals(
    stop: asyncio.Event, drain: asyncio.Event, on_drain: Callable[[], object]
) -> None:
    """Let the first Ctrl-C finish what was taken on, the second end soon, the third end at once.

    SIGTERM, and Ctrl-Break on Windows, end soon: whoever sends it does not wait for long.
    """
    running = asyncio.current_task()

    def at_once_or_soon() -> None:
        if stop.is_set() and running is not None:
            running.cancel()
        stop.set()
        drain.set()

    def step_by_step() -> None:
        if drain.is_set():
            at_once_or_soon()
        else:
            on_drain()
            drain.set()

    listen(signal.SIGINT, step_by_step)
    for name in ("SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            listen(number, at_once_or_soon)
