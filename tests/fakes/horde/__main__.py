"""`python -m tests.fakes.horde --port N --journal FILE`: the fake Horde as a process of its own.

Prints its address as the first line, and serves until it is told to end. It is steered through
`POST /_fake/{set,fail,heal,finish,fault,expire}` with JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from tests.fakes.horde.server import FakeHorde


async def serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    horde = FakeHorde(seconds=options.seconds, port=options.port, journal=options.journal)
    async with horde:
        print(horde.url, flush=True)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.horde")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file of JSON lines, appended to")
    parser.add_argument("--seconds", type=float, default=0.2, help="time a request takes")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
