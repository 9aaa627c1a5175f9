"""Discord, by its fake server: people mention the bot in a channel, or reply to its messages."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import discord

from bots.discord.client import HearingClient
from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes import faults
from tests.fakes.discord import FakeDiscord
from tests.fakes.discord.people import pictures_of, text_of

GUILD_PAUSE = 0.1
"""Seconds the library waits for another guild: ours is there at once."""


class DiscordPlug(Plug):
    """A server with one channel. What people write is a message that mentions the bot."""

    name = "discord"
    module = "bots.discord.adapter"
    can = frozenset(Can) - {Can.OUTAGE, Can.VANISH, Can.NOTICE}
    """What is deleted while nobody listens, Discord tells nobody later."""

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.server = FakeDiscord(clock=clock)
        self.world = self.server.world
        guild = self.world.guild()
        self._channel = self.world.channel(guild, "pictures")
        self._wall = self.world.channel(guild, "wall")
        self._people: dict[tuple[str, bool], dict] = {}
        self._usual = HearingClient.before_identify_hook, HearingClient.guild_pause

    async def __aenter__(self):
        await self.server.start()

        async def at_once(_client, _shard_id, *, initial=False):
            """Discord spaces logins out by five seconds; nobody waits for that here."""

        HearingClient.before_identify_hook = at_once
        HearingClient.guild_pause = GUILD_PAUSE
        return self

    async def __aexit__(self, *exc: object) -> None:
        HearingClient.before_identify_hook, HearingClient.guild_pause = self._usual
        version = discord.http.INTERNAL_API_VERSION
        discord.http.Route.BASE = f"https://discord.com/api/v{version}"
        await self.server.stop()
        assert not self.server.broken, self.server.broken

    def section(self):
        server = self.server
        return {"token": server.token, "url": server.api, "gateway": server.gateway_url}

    async def attached(self, adapter) -> None:
        async with asyncio.timeout(30):
            while not await self.server.live.heard_all():
                await asyncio.sleep(0.01)
            # all guilds are there, what was missed is looked for; another process cannot be asked
            while getattr(adapter, "_following", adapter) is None:
                await asyncio.sleep(0.01)

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        key = (person, bot)
        if key not in self._people:
            self._people[key] = self.world.person(person, bot=bot)
        messages = self.world.messages[self._channel["id"]]
        parent = None if reply_to is None else messages[reply_to]
        said = self.server.people.say(
            self._people[key], self._channel, f"@Painter {text}", reply_to=parent
        )
        return said["id"]

    async def answers(self, said: str) -> list[Answer]:
        return [
            self._seen(one)
            for one in self.world.in_channel(self._channel)
            if one["author"] is self.world.bot
            and one.get("message_reference", {}).get("message_id") == said
        ]

    @staticmethod
    def _seen(message) -> Answer:
        shown = pictures_of(message)
        text = text_of(message).replace("\\", "")
        return Answer(message["id"], text, len(shown), tuple(one["description"] for one in shown))

    def wall(self) -> str:
        return self._wall["id"]

    async def shown(self) -> list[Answer]:
        return [self._seen(one) for one in self.world.in_channel(self._wall)]

    async def delete(self, said: str) -> None:
        self.world.delete(self._channel["id"], said)

    async def repeat(self, said: str) -> None:
        message = self.world.messages[self._channel["id"]][said]
        told = self.world.message_event(message)
        self.world.tell("MESSAGE_CREATE", told, self._channel["guild_id"])

    def lose_next_post(self) -> None:
        self.server.fail("post", faults.lose())

    def limit_next_post(self) -> None:
        body = '{"message": "You are being rate limited.", "retry_after": 0.3, "global": false}'
        self.server.fail(
            "post", faults.answer(429, body, {"Via": "1.1 fake", "Retry-After": "0.3"})
        )


PLUG = DiscordPlug
