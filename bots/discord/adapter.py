"""Discord's adapter: the four verbs of `request/adapter.py`."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Collection, Mapping, Sequence
from typing import Any, Self

import discord
import structlog

from bots.discord import hearing, layout
from bots.discord.answering import Answering
from bots.discord.arrival import greet
from bots.discord.client import HearingClient, keep_hearing, log_in
from bots.discord.clock import Clock
from bots.discord.commands import add_commands
from bots.discord.counter import Counter
from bots.discord.examination import findings
from bots.discord.missed import Missed
from bots.discord.news import News
from bots.discord.pending import Pending, Waiting
from bots.discord.permissions import invite, sentence
from bots.discord.registration import register
from bots.discord.route import TOKEN_LASTS
from bots.discord.section import DiscordSection, point_library, read_section
from bots.discord.showing import Showcase, Showing
from common import texts
from common.errors import StartupError
from common.findings import Finding
from common.model import Incoming, IncomingKind, Outcome, Part, Progress
from common.running.tasks import cancel
from request.adapter import Capabilities
from request.lending import Services

log = structlog.get_logger()

MEGABYTE = 1024 * 1024


class DiscordAdapter(Showcase):
    """A bot on Discord. Post ids are message ids."""

    capabilities = Capabilities(
        text_length=3000,
        pictures_per_reply=10,
        picture_bytes=10 * MEGABYTE,
        live_progress=True,
        private_replies=True,
        pressed=True,
        opt_in=True,
        quiet=True,
        secrets=frozenset({"token"}),
        secrets_last=TOKEN_LASTS,
    )

    def __init__(
        self,
        name: str,
        section: DiscordSection,
        services: Services,
        caller: discord.Client,
        clock: Clock,
    ) -> None:
        """Take a client that is logged in; it speaks, and others hear."""
        self.name = name
        self._section = section
        self._services = services
        self._caller = caller
        self._clock = clock
        self._pending = Pending(clock)
        self._answering = Answering(caller, self._pending, clock)
        self._showing = Showing(caller)
        self._news = News(caller, self._answering, self._pending, clock)
        self._desk = Counter(name, services, self._pending)
        self._missed = Missed(name, services, clock)
        self._listening = False
        self._following: asyncio.Task[None] | None = None
        self._unkept: tuple[Incoming, Waiting | None] | None = None

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Check the section and the token. Raises ConfigError or StartupError."""
        return await cls.open(name, section, services, Clock())

    @classmethod
    async def open(
        cls, name: str, section: Mapping[str, Any], services: Services, clock: Clock
    ) -> Self:
        """Do what `build` does, on a clock of one's own."""
        settings = read_section(name, section)
        point_library(settings)
        caller = await log_in(settings, clock)
        flags = caller.application_flags
        granted = flags.gateway_message_content or flags.gateway_message_content_limited
        if settings.message_content and not granted:
            await caller.close()
            raise StartupError("discord.not_started", problem=texts.say("discord.intent"))
        return cls(name, settings, services, caller, clock)

    @property
    def url(self) -> str:
        """Where the bot is let into a server."""
        return invite(self._caller.application_id or 0)

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield what people do, connected to the gateway as long as somebody listens."""
        token = self._section.token.get_secret_value()
        await self._missed.begin()
        self._listening = True
        hearing_on = asyncio.create_task(
            keep_hearing(self._make_client, token, self.name, self._clock)
        )
        try:
            while True:
                if self._unkept is None:
                    self._unkept = await self._desk.heard.get()
                incoming, waiting = self._unkept
                yield incoming
                self._unkept = None  # asked for the next: this one is written down
                if waiting is not None:
                    waiting.kept = True
        finally:
            self._listening = False  # the client's last events may still be on their way to us
            await cancel(hearing_on)
            await self.lost()

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show how far the request is."""
        await self._news.show(incoming, progress)

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post one part of an answer."""
        await self._news.end(incoming)
        return await self._answering.reply(incoming, outcome, part)

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the message of a part already posted; each says which part it is."""
        del known
        found = await self._answering.find(incoming, part)
        if found is not None:
            await self._news.end(incoming)
        return found

    async def clear(self, incoming: Incoming) -> None:
        """Say on the message that shows the work that there is none any more."""
        await self._news.end(incoming)
        await self._answering.clear(incoming)

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Delete a message that answered `incoming`."""
        await self._answering.remove(incoming, post)

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of a message that answered `incoming` in a server's channel."""
        where = incoming.place
        if not where.community or not where.channel:
            return None
        return f"https://discord.com/channels/{where.community}/{where.channel}/{post}"

    async def examine(self, *, fix: bool) -> Sequence[Finding]:
        """Say who we are, where the bot is let into a server, and what its commands lack."""
        del fix  # what there is to set is set on Discord's own pages
        return findings(self.name, self._caller, self.url)

    async def close(self) -> None:
        """Stop listening and speaking."""
        await self._news.close()
        await self._pending.close()
        await self._caller.close()

    # --- what the client hears ----------------------------------------------------------------

    def _make_client(self) -> HearingClient:
        return HearingClient(self._section, self, self._desk)

    async def started(self, client: HearingClient) -> None:
        """Say which commands there are."""
        add_commands(client.tree, self._desk)
        await register(client.tree, client.application_id or 0, self._services.cursors)

    async def heard_again(self, client: HearingClient) -> None:
        """Look for what was said while nobody heard, then write down that all is heard."""
        if self._following is not None:
            self._following.cancel()
        if self._listening:
            following = self._following = asyncio.create_task(self._follow(client))
            await asyncio.wait([following])
            if not following.cancelled():
                following.result()  # the library logs what went wrong

    async def _follow(self, client: HearingClient) -> None:
        async for message in self._missed.messages(client):
            await self.message(message)
        await self._missed.keep_noting(self._settled)

    def _settled(self) -> bool:
        return self._unkept is None and self._desk.heard.empty()

    async def lost(self) -> None:
        """Write down no more that all is heard."""
        if self._following is not None:
            await cancel(self._following)

    async def message(
        self, message: discord.Message, kind: IncomingKind = IncomingKind.MESSAGE
    ) -> None:
        """Hear a message or an edit, if it is for us and we may answer where it stands."""
        incoming = hearing.of_message(self.name, message, self._caller_id, kind=kind)
        if incoming is None:
            return
        guild = message.guild
        if guild is not None and not isinstance(message.channel, discord.PartialMessageable):
            lacking = sentence(
                message.channel.permissions_for(guild.me),
                message.channel,
                incoming.language,
            )
            if lacking:
                with contextlib.suppress(discord.HTTPException):
                    await message.author.send(view=layout.words(lacking))
                return
        self._desk.hear(incoming)

    async def deleted(self, channel: int, message: int) -> None:
        """Hear that a message is gone, be it somebody's or ours."""
        del channel
        self._desk.hear(hearing.of_deletion(self.name, message))

    async def joined(self, guild: discord.Guild) -> None:
        """Tell the one who let us in, and nobody else, what to do."""
        await greet(self._caller, guild)

    async def form(self, interaction: discord.Interaction[Any]) -> None:
        """Hear a form that was filled in."""
        await self._desk.form(interaction)

    @property
    def _caller_id(self) -> int:
        return self._caller.user.id if self._caller.user is not None else 0
