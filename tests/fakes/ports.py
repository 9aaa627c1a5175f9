"""Ports for servers that go and come again: while they are away, nobody else gets their port."""

from __future__ import annotations

import os
import random
import socket
import weakref
from itertools import count

from aiohttp import web

HOST = "127.0.0.1"
SHARED = hasattr(socket, "SO_REUSEPORT")
"""Whether a port can be held without listening on it."""
PROCESSES = 16
"""Processes of the tests that may run at a time."""
SPARE = range(20_000 + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]), 30_000, PROCESSES)
"""Below those that systems give away by themselves, and each process has its own."""


def spare() -> int:
    """Return a port that nobody has, nor is given by chance before it is listened on.

    It is for what starts later, or in another process.
    """
    for port in (random.SystemRandom().choice(SPARE) for _ in count()):
        with socket.socket() as one:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                one.bind((HOST, port))
            except OSError:
                continue
            return port
    raise AssertionError


class Port:
    """A port of one server, from its first start until it is let go.

    It is held by a socket on which nobody listens: connections are refused while the server is
    away, and no other server is given its number.
    """

    def __init__(self, number: int = 0) -> None:
        """Take a number, or 0 for one that is free at the first start."""
        self.number = number
        self._held: weakref.finalize[[int], Port] | None = None

    async def listen(self, runner: web.AppRunner) -> None:
        """Have a runner listen on it."""
        if not self.number and SHARED:
            self._hold()
        shared = True if SHARED else None
        await web.TCPSite(runner, HOST, self.number, reuse_address=True, reuse_port=shared).start()
        self.number = runner.addresses[0][1]

    def let_go(self) -> None:
        """Leave it to others."""
        if self._held is not None:
            self._held()

    def _hold(self) -> None:
        held = socket.socket()
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((HOST, 0))
        self.number = held.getsockname()[1]
        self._held = weakref.finalize(self, os.close, held.detach())
