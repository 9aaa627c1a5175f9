"""`python -m tests.fakes.discord --port N --journal FILE`: the fake Discord as a process.

Prints its API's address and the bot's token, and serves until it is told to end. There is a guild
with one channel; each line on standard input is what Ann does in it: `/imagine a fox` is the
command with its first option, anything else a message (`@Painter` mentions the bot). What the bot
writes is printed.
"""

from __future__ import annotations

from tests.fakes.discord.people import text_of
from tests.fakes.discord.server import FakeDiscord
from tests.fakes.journal import Exchange
from tests.fakes.terminal import parser_of, serve


def act(discord: FakeDiscord, ann, channel, line: str) -> None:
    if not line.startswith("/"):
        discord.people.say(ann, channel, line)
        return
    name, _, rest = line[1:].partition(" ")
    known = [c for c in discord.world.commands if c["name"] == name]
    options = known[0].get("options", []) if known else []
    if not known:
        print(f"the bot has not registered /{name}")
    elif rest and options:
        discord.people.slash(ann, channel, name, **{options[0]["name"]: rest})
    else:
        discord.people.slash(ann, channel, name)


def show(exchange: Exchange) -> None:
    answer = exchange.answer if isinstance(exchange.answer, dict) else {}
    message = answer.get("resource", {}).get("message", answer)
    if "components" in message and "channel_id" in message:
        print(f"[{exchange.route}] {text_of(message)}", flush=True)


def main() -> None:
    options = parser_of("discord", __doc__).parse_args()
    discord = FakeDiscord(port=options.port, journal=options.journal)
    channel = discord.world.channel(discord.world.guild("Painters"), "pictures")
    ann = discord.world.person("Ann")
    discord.journal.on_exchange(show)
    serve(
        discord,
        lambda: f"{discord.api} {discord.token}",
        lambda line: act(discord, ann, channel, line),
    )


if __name__ == "__main__":
    main()
