"""`python -m tests.fakes.lemmy --flavour 1.0`: the fake Lemmy as a process of its own.

Prints its address, and serves until it is told to end. A line on its standard input is a comment
by `ann` that mentions the bot, in the community `pictures`; what the bot writes is printed.
"""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
from pathlib import Path

from tests.fakes.journal import Exchange
from tests.fakes.lemmy.server import VERSIONS, FakeLemmy


async def serve(options: argparse.Namespace) -> None:
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, ended.set)
    lemmy = FakeLemmy(options.flavour, port=options.port, journal=options.journal)
    world = lemmy.world
    ann, post = world.person("ann"), world.post(world.community("pictures"))

    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
        elif line.strip():
            world.comment(ann, f"@{world.bot.name} {line.strip()}", post=post)

    def tell(exchange: Exchange) -> None:
        if exchange.route in {"comment", "message"} and exchange.body:
            print(f"\n{exchange.body['content']}\n", flush=True)

    lemmy.journal.on_exchange(tell)
    async with lemmy:
        print(f"{lemmy.url} (account {world.bot.name}, password “{lemmy.password}”)", flush=True)
        loop.add_reader(sys.stdin, read)
        await ended.wait()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.fakes.lemmy")
    parser.add_argument("--flavour", choices=VERSIONS, default="0.19")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--journal", type=Path, help="file of JSON lines, appended to")
    asyncio.run(serve(parser.parse_args()))


if __name__ == "__main__":
    main()
