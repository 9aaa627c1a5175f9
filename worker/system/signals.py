"""What Ctrl-C and the system's wish to end do to the worker, on every system."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable


def stop_on_signals(
    stop: asyncio.Event, drain: asyncio.Event, on_drain: Callable[[], object]
) -> None:
    """Let the first Ctrl-C finish what was taken on, the second end soon, the third end at once.

    SIGTERM, and Ctrl-Break on Windows, end soon: whoever sends it does not wait for long.
    """
    loop = asyncio.get_running_loop()
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

    _listen(loop, signal.SIGINT, step_by_step)
    for name in ("SIGTERM", "SIGBREAK"):
        number = getattr(signal, name, None)
        if number is not None:
            _listen(loop, number, at_once_or_soon)


def _listen(
    loop: asyncio.AbstractEventLoop, number: signal.Signals, act: Callable[[], None]
) -> None:
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:  # Windows: the handler runs in the main thread, between two lines
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))
