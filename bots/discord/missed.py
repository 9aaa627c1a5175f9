"""What was said to the bot while it was not connected: looked for in the channels it works in.

Discord repeats nothing after a restart. A position is written down while the bot hears; the
messages behind it are read when it hears again, oldest first, and the core passes over what it
knows. Slash commands and buttons cannot be caught up: Discord has told people that they failed.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from typing import Any

import discord
import structlog

from bots.discord.clock import Clock
from common.model import Place
from request.lending import Services

log = structlog.get_logger()

NOTED_EVERY = 30.0
ON_ITS_WAY = 15.0
"""Seconds for which a message may be written but not yet told to us."""
OLDEST = 24 * 3600.0
"""Seconds; what is older is not answered anyway."""
MOST_IN_CHANNEL = 500
"""Messages looked through in one channel."""


class Missed:
    """Finds the messages that were written while nobody listened."""

    def __init__(self, account: str, services: Services, clock: Clock) -> None:
        self._account = account
        self._services = services
        self._clock = clock
        self._place = f"discord#{account}"[:64]

    async def begin(self) -> None:
        """Remember when the bot was started for the first time: from then on nothing is missed."""
        await self._services.cursors.begin(self._place, self._now())

    async def keep_noting(self, settled: Callable[[], bool]) -> None:
        """Write down for ever until when everything was heard.

        `settled` tells whether all that was heard is written down as well.
        """
        while True:
            moment = self._now(but=ON_ITS_WAY)
            if settled():
                await self._services.cursors.note(self._place, moment)
                await self._clock.sleep(NOTED_EVERY)
            else:
                await self._clock.sleep(1.0)

    async def messages(self, client: discord.Client) -> AsyncIterator[discord.Message]:
        """Yield what mentions the bot in the channels it works in, since it last heard.

        Before the first start there is nothing.
        """
        since = await self._services.cursors.read(self._place)
        me = client.user
        if since is None or me is None:
            return
        oldest = discord.utils.time_snowflake(_moment(self._clock.now() - OLDEST))
        after = discord.Object(max(int(since), oldest))
        found = []
        for channel in await self._channels(client):
            with contextlib.suppress(discord.HTTPException):
                found += [
                    message
                    async for message in channel.history(after=after, limit=MOST_IN_CHANNEL)
                    if me in message.mentions
                ]
        for message in sorted(found, key=lambda one: one.id):
            yield message

    async def _channels(self, client: discord.Client) -> list[Any]:
        channels: list[Any] = []
        for guild in client.guilds:
            inside: list[discord.TextChannel | discord.Thread] = [*guild.text_channels]
            inside += guild.threads
            for channel in inside:
                if not channel.permissions_for(guild.me).read_message_history:
                    continue
                parent = getattr(channel, "parent_id", None) or channel.id
                place = Place(self._account, str(guild.id), str(parent))
                held = await self._services.places.holding(place, opt_in=True)
                if held.enabled:
                    channels.append(channel)
        return channels

    def _now(self, *, but: float = 0.0) -> str:
        return str(discord.utils.time_snowflake(_moment(self._clock.now() - but)))


def _moment(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
