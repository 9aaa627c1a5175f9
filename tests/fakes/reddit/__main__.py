"""`python -m tests.fakes.reddit --port N`: the fake Reddit as a process of its own.

Prints its address, and serves until it is told to end. A line on its standard input is a comment
by `ann` that mentions the bot, in r/pictures; what the bot writes is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from tests.fakes.journal import Exchange
from tests.fakes.reddit.server import FakeReddit


async def serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    reddit = FakeReddit(port=options.port, journal=options.journal)
    post = reddit.world.post(reddit.world.subreddit("pictures"))

    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
        elif line.strip():
            reddit.world.comment("ann", f"u/{reddit.world.bot} {line.strip()}", post=post)

    def tell(exchange: Exchange) -> None:
        if exchange.route == "comment":
            print(f"\n{exchange.body['text']}\n", flush=True)

    reddit.journal.on_exchange(tell)
    async with reddit:
        print(
            f"{reddit.url} (account {reddit.world.bot}, password “{reddit.password}”)", flush=True
        )
        loop.add_reader(sys.stdin, read)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.reddit")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file of JSON lines, appended to")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
