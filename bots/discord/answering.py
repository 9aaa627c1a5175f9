"""Answering: the first response in time, news while it is made, and each part exactly once.

Part 1 takes the place of the deferred message while the interaction's token lives; afterwards, and
for further parts, it is a message in the channel with a nonce, or a direct message where the bot
may not write or only the asker may see it.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import discord
import structlog
from discord import ui

from bots.discord import layout
from bots.discord.clock import Clock
from bots.discord.failures import TokenOver, translated
from bots.discord.pending import Pending, Waiting
from bots.discord.route import Route
from bots.discord.uploads import Files, opened, read
from common import texts
from common.errors import PlatformRefused
from common.model import Ending, Incoming, Outcome, Part

log = structlog.get_logger()

ORIGINAL: Any = "@original"
"""What Discord calls the first response; the library types it as a number."""
LONGEST_NONCE = 25
MOST_LOOKED_AT = 500
"""Messages looked through for an answer already posted."""
WORDS_ONLY = frozenset({Ending.TOLD, Ending.REFUSED, Ending.FAILED})


class Answering:
    """Speaks with Discord over REST alone, so it goes on while the gateway is away."""

    def __init__(self, caller: discord.Client, pending: Pending, clock: Clock) -> None:
        """Take a client that is logged in, and the interactions not yet responded to."""
        self._caller = caller
        self._pending = pending
        self._clock = clock

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post one part; returns its message id. Raises PlatformError or PlatformRefused."""
        route = Route.of(incoming.context)
        files = await asyncio.to_thread(read, outcome.request, part.pictures)
        with texts.speaking(incoming.language), translated():
            if not route.token and outcome.private and route.guild:
                return await self._to_person(route, incoming, outcome, part, files)
            if not route.application:
                return await self._into_channel(route, incoming, outcome, part, files)
            if part.number == 1:
                return await self._first_part(route, incoming, outcome, part, files)
            return await self._further_part(route, incoming, outcome, part, files)

    async def find(self, incoming: Incoming, part: int) -> str | None:
        """Return the message id of a part already posted, if it can be found."""
        route = Route.of(incoming.context)
        if part == 1 and route.fresh(self._clock.now()):
            return None  # it is written over the deferred message, twice if need be
        with translated():
            for channel in await self._channels(route, direct=bool(route.token)):
                found = await self._look_in(channel, incoming.event, part)
                if found is not None:
                    return found
        return None

    async def clear(self, incoming: Incoming) -> None:
        """Say that a request was taken back, where its progress stood."""
        route = Route.of(incoming.context)
        if not route.fresh(self._clock.now()):
            return
        with texts.speaking(incoming.language), translated():
            try:
                await self._edit(route, layout.words(texts.say("discord.cancelled")), [])
            except (TokenOver, PlatformRefused) as error:
                log.info("not_cleared", heard=incoming.event, error=str(error))

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Take a post back, wherever it went. Gone already is fine."""
        route = Route.of(incoming.context)
        with translated():
            if route.fresh(self._clock.now()):
                try:
                    await self.webhook(route).delete_message(int(post))
                except discord.HTTPException as error:
                    log.info("not_removed_by_token", error=str(error))
                else:
                    return
            for channel in await self._channels(route, direct=True):
                try:
                    await channel.get_partial_message(int(post)).delete()
                except discord.NotFound:
                    continue
                return

    def webhook(self, route: Route) -> discord.Webhook:
        """Return what an interaction's token can do."""
        made = discord.Webhook.partial(route.application, route.token, client=self._caller)
        made.type = discord.WebhookType.application  # only such a one speaks to a person alone
        return made

    # --- the ways -----------------------------------------------------------------------------

    async def _first_part(
        self, route: Route, incoming: Incoming, outcome: Outcome, part: Part, files: Files
    ) -> str:
        view = layout.answer(outcome, part, event=incoming.event, person=route.person, ping=False)
        waiting = self._pending.find(incoming.event)
        try:
            if waiting and (said := await self._respond(waiting, route, outcome, view, files)):
                return said
            if route.fresh(self._clock.now()):
                if route.update and outcome.ending is not Ending.TOLD:
                    return await self._beside(route, view, files, alone=True)
                return await self._edit(route, view, files)
        except TokenOver as error:
            log.info("token_over", heard=incoming.event, error=str(error))
        return await self._elsewhere(route, incoming, outcome, part, files)

    async def _respond(
        self, waiting: Waiting, route: Route, outcome: Outcome, view: ui.LayoutView, files: Files
    ) -> str | None:
        """Answer at once what has had no response yet; None if it has had one."""
        async with waiting.answering:
            if waiting.responded:
                return None
            alone = outcome.private or route.private or outcome.ending in WORDS_ONLY
            update = route.update and outcome.ending is Ending.TOLD
            with translated():
                return await waiting.respond(view, opened(files), alone=alone, update=update)

    async def _edit(self, route: Route, view: ui.LayoutView, files: Files) -> str:
        with translated():
            message = await self.webhook(route).edit_message(
                ORIGINAL,
                view=view,
                attachments=opened(files),
                allowed_mentions=discord.AllowedMentions.none(),
            )
        return str(message.id)

    async def _beside(self, route: Route, view: ui.LayoutView, files: Files, *, alone: bool) -> str:
        """Answer in a further message; what was pressed on, or answered first, stays as it is."""
        hook = self.webhook(route)
        said = await hook.send(view=view, files=opened(files), ephemeral=alone, wait=True)
        return str(said.id)

    async def _further_part(
        self, route: Route, incoming: Incoming, outcome: Outcome, part: Part, files: Files
    ) -> str:
        if not (route.fresh(self._clock.now()) and (route.private or route.foreign)):
            return await self._elsewhere(route, incoming, outcome, part, files)
        view = layout.answer(outcome, part, event=incoming.event, person=route.person, ping=False)
        return await self._beside(route, view, files, alone=route.private)

    async def _elsewhere(
        self, route: Route, incoming: Incoming, outcome: Outcome, part: Part, files: Files
    ) -> str:
        """Post where the token does not reach: in the channel, or to the person."""
        if route.foreign:
            raise PlatformRefused(platform="Discord", problem=texts.say("discord.out_of_reach"))
        if route.guild and not route.private:
            try:
                return await self._into_channel(route, incoming, outcome, part, files)
            except discord.Forbidden as error:
                log.info("channel_closed", channel=route.channel, error=str(error))
        return await self._to_person(route, incoming, outcome, part, files)

    async def _into_channel(
        self, route: Route, incoming: Incoming, outcome: Outcome, part: Part, files: Files
    ) -> str:
        channel = self._caller.get_partial_messageable(route.channel)
        first = part.number == 1
        view = layout.answer(
            outcome,
            part,
            event=incoming.event,
            person=route.person,
            ping=first and not route.message and bool(route.guild),
        )
        return await self._send(channel, view, files, f"{incoming.event}-{part.number}", route)

    async def _to_person(
        self, route: Route, incoming: Incoming, outcome: Outcome, part: Part, files: Files
    ) -> str:
        channel = await self._direct(route)
        view = layout.answer(outcome, part, event=incoming.event, person=route.person, ping=False)
        nonce = f"{incoming.event}-{part.number}"
        return await self._send(channel, view, files, nonce, replace(route, message=0))

    async def _send(
        self,
        channel: discord.abc.Messageable,
        view: ui.LayoutView,
        files: Files,
        nonce: str,
        route: Route,
    ) -> str:
        """Send a message, in reply to the one somebody wrote if the route has one."""
        reply: dict[str, Any] = {}
        if route.message:
            reply["reference"] = discord.MessageReference(
                message_id=route.message, channel_id=route.channel, fail_if_not_exists=False
            )
        message = await channel.send(
            view=view,
            files=opened(files),
            nonce=nonce[-LONGEST_NONCE:],
            allowed_mentions=discord.AllowedMentions(
                everyone=False,
                roles=False,
                users=[discord.Object(route.person)],
                replied_user=True,
            ),
            **reply,
        )
        return str(message.id)

    # --- where answers are --------------------------------------------------------------------

    async def _direct(self, route: Route) -> discord.DMChannel:
        user = await self._caller.fetch_user(route.person)
        return user.dm_channel or await user.create_dm()

    async def _channels(self, route: Route, *, direct: bool) -> list[Any]:
        """Return where an answer may stand, likeliest first; `direct`: with the person, too."""
        channels: list[Any] = []
        if not route.foreign:
            channels.append(self._caller.get_partial_messageable(route.channel))
        if route.guild and direct:
            channels.append(await self._direct(route))
        return channels

    async def _look_in(self, channel: discord.abc.Messageable, event: str, part: int) -> str | None:
        number = layout.marker(event, part)
        after = discord.Object(int(event))
        try:
            async for message in channel.history(
                after=after, limit=MOST_LOOKED_AT, oldest_first=True
            ):
                if layout.is_ours(message, number):
                    return str(message.id)
        except discord.Forbidden:
            return None
        return None
