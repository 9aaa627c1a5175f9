"""A fake as a process of its own: prints where it is, and serves until it is told to end."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread

from tests.fakes.server import FakeServer


def parser_of(name: str, about: str | None) -> argparse.ArgumentParser:
    """Return what reads the options that all fakes have: --port and --journal."""
    parser = argparse.ArgumentParser(
        prog=f"python -m tests.fakes.{name}",
        description=about,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file of JSON lines, appended to")
    return parser


def serve(
    fake: FakeServer, said: Callable[[], str], hear: Callable[[str], None] | None = None
) -> None:
    """Serve until SIGINT or SIGTERM; `said` is printed first, `hear` gets the lines that are typed.

    Standard input may be a terminal, a file, or nothing: its end ends nothing.
    """
    asyncio.run(_serve(fake, said, hear))


async def _serve(
    fake: FakeServer, said: Callable[[], str], hear: Callable[[str], None] | None
) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    async with fake:
        print(said(), flush=True)
        if hear is not None:
            Thread(target=_listen, args=(loop, hear), daemon=True).start()
        await ended.wait()


def _listen(loop: asyncio.AbstractEventLoop, hear: Callable[[str], None]) -> None:
    for line in sys.stdin or ():
        if line.strip():
            loop.call_soon_threadsafe(hear, line.strip())
