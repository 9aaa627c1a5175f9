"""`python -m tests.fakes.mastodon --port N --flavour NAME`: the fake as a process of its own.

Prints its address and the bot's token, and serves until it is told to end. It is steered through
`POST /_fake/{say,delete,drop_streams,fail,posts}` with JSON, for example
`curl -d '{"acct": "ann@elsewhere.example", "text": "draw for me a fox"}' URL/_fake/say`.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
from pathlib import Path

from tests.fakes.mastodon import FLAVOURS, FakeMastodon


async def serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    flavour = FLAVOURS[options.flavour]
    async with FakeMastodon(flavour, port=options.port, journal=options.journal) as server:
        print(server.url, server.token, flush=True)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.mastodon")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file of JSON lines, appended to")
    parser.add_argument("--flavour", choices=FLAVOURS, default="mastodon", help="which software")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
