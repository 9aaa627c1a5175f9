"""`python -m tests.fakes.reddit --port N`: the fake Reddit as a process of its own.

Prints its address, and serves until it is told to end. A line on its standard input is a comment
by `ann` that mentions the bot, in r/pictures; what the bot writes is printed.
"""

from __future__ import annotations

from tests.fakes.journal import Exchange
from tests.fakes.reddit.server import FakeReddit
from tests.fakes.terminal import parser_of, serve


def show(exchange: Exchange) -> None:
    if exchange.route == "comment":
        print(f"\n{exchange.body['text']}\n", flush=True)


def main() -> None:
    options = parser_of("reddit", __doc__).parse_args()
    reddit = FakeReddit(port=options.port, journal=options.journal)
    world = reddit.world
    post = world.post(world.subreddit("pictures"))
    world.subreddit("painters_gallery")  # where the bot may put its pictures
    reddit.journal.on_exchange(show)
    serve(
        reddit,
        lambda: f"{reddit.url} (account {world.bot}, password “{reddit.password}”)",
        lambda line: world.comment("ann", f"u/{world.bot} {line}", post=post),
    )


if __name__ == "__main__":
    main()
