"""`python -m tests.fakes.lemmy --flavour 1.0`: the fake Lemmy as a process of its own.

Prints its address, and serves until it is told to end. A line on its standard input is a comment
by `ann` that mentions the bot, in the community `pictures`; what the bot writes is printed.
"""

from __future__ import annotations

from tests.fakes.journal import Exchange
from tests.fakes.lemmy.server import VERSIONS, FakeLemmy
from tests.fakes.terminal import parser_of, serve


def show(exchange: Exchange) -> None:
    if exchange.route in {"comment", "message"} and exchange.body:
        print(f"\n{exchange.body['content']}\n", flush=True)


def main() -> None:
    parser = parser_of("lemmy", __doc__)
    parser.add_argument("--flavour", choices=VERSIONS, default="0.19")
    options = parser.parse_args()
    lemmy = FakeLemmy(options.flavour, port=options.port, journal=options.journal)
    world = lemmy.world
    ann, post = world.person("ann"), world.post(world.community("pictures"))
    lemmy.journal.on_exchange(show)
    serve(
        lemmy,
        lambda: f"{lemmy.url} (account {world.bot.name}, password “{lemmy.password}”)",
        lambda line: world.comment(ann, f"@{world.bot.name} {line}", post=post),
    )


if __name__ == "__main__":
    main()
