"""Signals: the first to end asks to stop, a second ends at once; SIGHUP asks to read again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys


def stop_on_signals() -> asyncio.Event:
    """Return an event that SIGINT or SIGTERM sets; call it inside the running loop."""
    stop = asyncio.Event()

    def interrupted(number: int) -> None:
        if stop.is_set():
            os._exit(128 + number)
        stop.set()

    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, interrupted, number)
    return stop


def reload_on_signal() -> asyncio.Event:
    """Return an event that SIGHUP sets; call it inside the running loop."""
    hangup = asyncio.Event()
    if sys.platform != "win32":  # which knows no such signal
        asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, hangup.set)
    return hangup
