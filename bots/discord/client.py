"""Hearing Discord: the gateway's client, kept going whatever happens to the connection."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any, Protocol

import aiohttp
import discord
import structlog
from discord import app_commands

from bots.discord import mine
from bots.discord.buttons import Choice, Press
from bots.discord.clock import Clock
from bots.discord.events import Say
from bots.discord.pages import Category, Turn, Use
from bots.discord.section import DiscordSection
from bots.discord.suggestions import Suggestion
from bots.discord.switches import Change, Channels, Roles
from common import texts
from common.errors import StartupError
from common.model import IncomingKind
from common.running.tasks import cancel

log = structlog.get_logger()

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 120.0
LOGIN_PAUSES = (1.0, 3.0, 9.0, None)
"""Seconds between the tries to log in at the start."""
HOPELESS_PAUSE = 300.0
"""Seconds until the next try after an error only a person can mend."""
LONGEST_LIMIT = 60.0
"""Seconds for which a rate limit is waited out; a longer one is an error that may pass."""
CLOSE_CODES = {4004: "discord.token", 4010: "discord.shards", 4011: "discord.shards"}
"""Close codes of the gateway that only a person can mend, and what they mean."""


class Ears(Protocol):
    """Who hears what the client hears."""

    async def started(self, client: HearingClient) -> None: ...
    async def heard_again(self, client: HearingClient) -> None: ...
    async def lost(self) -> None: ...
    async def message(self, message: discord.Message, kind: IncomingKind = ...) -> None: ...
    async def deleted(self, channel: int, message: int) -> None: ...
    async def joined(self, guild: discord.Guild) -> None: ...
    async def form(self, interaction: discord.Interaction[Any]) -> None: ...


def intents_of(section: DiscordSection) -> discord.Intents:
    """Return what we want to be told: where we are, and what is said to us."""
    intents = discord.Intents(guilds=True, guild_messages=True, dm_messages=True)
    intents.message_content = section.message_content
    return intents


discord.VoiceClient.warn_nacl = discord.VoiceClient.warn_dave = False  # nobody speaks here


class HearingClient(discord.AutoShardedClient):
    """A client that passes on what it hears; what is pressed goes to `front`."""

    guild_pause = 0.5
    """Seconds without news of another guild after which all are there."""

    def __init__(self, section: DiscordSection, ears: Ears, front: Any) -> None:
        shards: dict[str, Any] = {}
        if section.shards is not None:
            shards = {"shard_count": section.shards.count, "shard_ids": list(section.shards.mine)}
        super().__init__(
            intents=intents_of(section),
            allowed_mentions=discord.AllowedMentions.none(),
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            max_messages=None,
            max_ratelimit_timeout=LONGEST_LIMIT,
            guild_ready_timeout=self.guild_pause,
            **shards,
        )
        self.front = front
        self.tree = app_commands.CommandTree(self)
        self._ears = ears

    async def setup_hook(self) -> None:
        """Know what can be pressed and asked before anything is heard."""
        self.add_dynamic_items(Press, Choice, Change, Channels, Roles, Turn, Category, Use)
        self.add_dynamic_items(mine.Mine, mine.Change, Say, Suggestion)
        await self._ears.started(self)

    async def on_ready(self) -> None:
        await self._ears.heard_again(self)

    async def on_shard_ready(self, _shard: int) -> None:
        if self.is_ready():  # a session that could not be resumed: something may have been missed
            await self._ears.heard_again(self)

    async def on_shard_resumed(self, _shard: int) -> None:
        await self._ears.heard_again(self)

    async def on_shard_disconnect(self, _shard: int) -> None:
        await self._ears.lost()

    async def on_message(self, message: discord.Message) -> None:
        await self._ears.message(message)

    async def on_raw_message_edit(self, changed: discord.RawMessageUpdateEvent) -> None:
        if changed.message.edited_at is not None:  # else Discord itself has added something to it
            await self._ears.message(changed.message, IncomingKind.EDIT)

    async def on_raw_message_delete(self, gone: discord.RawMessageDeleteEvent) -> None:
        await self._ears.deleted(gone.channel_id, gone.message_id)

    async def on_raw_bulk_message_delete(self, gone: discord.RawBulkMessageDeleteEvent) -> None:
        for message in gone.message_ids:
            await self._ears.deleted(gone.channel_id, message)

    async def on_guild_join(self, guild: discord.Guild) -> None:
        await self._ears.joined(guild)

    async def on_interaction(self, interaction: discord.Interaction[Any]) -> None:
        # forms are not remembered by the library: what they need is in their custom id
        if interaction.type is discord.InteractionType.modal_submit:
            await self._ears.form(interaction)

    async def on_error(self, event_method: str, /, *_args: Any, **_kwargs: Any) -> None:
        log.error("discord_event_failed", heard=event_method, exc_info=True)  # noqa: LOG014


async def log_in(section: DiscordSection, clock: Clock) -> discord.Client:
    """Return a client that can speak over REST. Raises StartupError with a sentence.

    Where Discord does not answer it is asked again, a few times.
    """
    for pause in LOGIN_PAUSES:
        caller = discord.Client(
            intents=discord.Intents(guilds=True), allowed_mentions=discord.AllowedMentions.none()
        )
        try:
            await caller.login(section.token.get_secret_value())
        except Exception as error:
            await caller.close()
            problem, hopeless = explain(error)
            if hopeless or pause is None:
                raise StartupError("discord.not_started", problem=problem) from error
            log.warning("discord_login_failed", problem=problem)
            await clock.sleep(pause)
        else:
            return caller
    raise AssertionError("the last try returns or raises")


async def keep_hearing(
    make: Callable[[], HearingClient], token: str, account: str, clock: Clock
) -> None:
    """Be connected for ever. A client whose connection broke for good is replaced by a new one.

    discord.py resumes by itself; what it does not survive (a gateway that refuses the very first
    connection, a token that was changed) ends here.
    """
    pause = FIRST_PAUSE
    while True:
        client = make()
        started = clock.now()
        # a task of its own, which ends by being closed: discord.py drops a cancellation that
        # comes while it connects again
        hearing = asyncio.create_task(client.start(token))
        try:
            await asyncio.wait({hearing})
        finally:
            await client.close()
            await cancel(hearing)
        error = None if hearing.cancelled() else hearing.exception()
        problem, hopeless = explain(error) if isinstance(error, Exception) else ("", False)
        if clock.now() - started > LONGEST_PAUSE:
            pause = FIRST_PAUSE
        log.error("discord_disconnected", account=account, problem=problem, mend=hopeless)
        await clock.sleep(HOPELESS_PAUSE if hopeless else pause * random.uniform(0.5, 1.5))
        pause = min(pause * 2, LONGEST_PAUSE)


def explain(error: Exception) -> tuple[str, bool]:
    """Return an error of connecting as a sentence, and whether only a person can mend it."""
    match error:
        case discord.LoginFailure():
            return texts.say("discord.token"), True
        case discord.PrivilegedIntentsRequired():
            return texts.say("discord.intent"), True
        case discord.ConnectionClosed() if error.code in CLOSE_CODES:
            return texts.say(CLOSE_CODES[error.code]), True
        case aiohttp.ClientError() | OSError() | TimeoutError():
            return texts.say("discord.unreachable", problem=type(error).__name__), False
        case _:
            return f"{type(error).__name__}: {error}", False
