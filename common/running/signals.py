"""Signals: the first to end asks to stop, a second ends at once; SIGHUP asks to read again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from functools import partial


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets; call it inside the running loop."""
    stop = asyncio.Event()

    def interrupted(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        listen(number, partial(interrupted, number))
    return stop


def listen(number: signal.Signals, act: Callable[[], object]) -> None:
    """Have a signal do something in the loop that runs, on every system."""
    loop = asyncio.get_running_loop()
    try:
        loop.add_signal_handler(number, act)
    except NotImplementedError:  # Windows: the handler runs in the main thread, between two lines
        signal.signal(number, lambda *_: loop.call_soon_threadsafe(act))


def reload_on_signal() -> asyncio.Event:
    """Return an event that SIGHUP sets; call it inside the running loop."""
    hangup = asyncio.Event()
    if sys.platform != "win32":  # which knows no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangup.set)
    return hangup
