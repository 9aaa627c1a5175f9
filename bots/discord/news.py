"""How far a request is, on its deferred message: edited no faster than Discord bears.

Shortly before the token ends the message says where the answer will come instead.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field

import discord
import structlog

from bots.discord import layout
from bots.discord.answering import ORIGINAL, Answering
from bots.discord.clock import Clock
from bots.discord.failures import translated
from bots.discord.pending import Pending
from bots.discord.route import TOKEN_LASTS, Route
from common import texts
from common.errors import PlatformError
from common.model import Incoming, Progress
from common.running.tasks import cancel

log = structlog.get_logger()

PAUSE = 5.0
"""Seconds between two edits of a message."""
MOST_TYPED = 1000
"""Messages remembered under which the bot was shown as typing."""
LAST_WORDS = TOKEN_LASTS - 30.0
"""Age of a token in seconds at which people are told where the answer will come."""


@dataclass(eq=False)
class Shown:
    """What is shown of one request."""

    incoming: Incoming
    route: Route
    at: float = float("-inf")
    newest: Progress | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None


class News:
    """Shows progress; failing is harmless."""

    def __init__(
        self, caller: discord.Client, answering: Answering, pending: Pending, clock: Clock
    ) -> None:
        self._caller = caller
        self._answering = answering
        self._pending = pending
        self._clock = clock
        self._shown: dict[str, Shown] = {}
        self._typed: OrderedDict[str, None] = OrderedDict()

    @property
    def events(self) -> frozenset[str]:
        """What progress is being shown of."""
        return frozenset(self._shown)

    async def show(self, incoming: Incoming, progress: Progress) -> None:
        """Show how far a request is, at once if that was not done a moment ago."""
        route = Route.of(incoming.context)
        if not route.token:
            await self._type(incoming, route)
            return
        if not route.fresh(self._clock.now()):
            return
        shown = self._shown.setdefault(incoming.event, Shown(incoming, route))
        shown.newest = progress
        shown.changed.set()
        if shown.task is None:
            shown.task = asyncio.create_task(self._keep_showing(shown))

    async def end(self, incoming: Incoming) -> None:
        """Show no more of a request: its answer comes, or never will."""
        shown = self._shown.pop(incoming.event, None)
        if shown is not None and shown.task is not None:
            await cancel(shown.task)

    async def close(self) -> None:
        """Show nothing any more."""
        tasks = [shown.task for shown in self._shown.values() if shown.task is not None]
        self._shown.clear()
        await cancel(*tasks)

    async def _keep_showing(self, shown: Shown) -> None:
        telling = asyncio.create_task(self._tell_before_the_end(shown))
        try:
            await shown.changed.wait()
            while shown.route.fresh(self._clock.now()):
                shown.changed.clear()
                await self._edit(shown)
                await self._clock.sleep(PAUSE)
                await shown.changed.wait()
        finally:
            if self._shown.get(shown.incoming.event) is shown:
                del self._shown[shown.incoming.event]
            await cancel(telling)

    async def _tell_before_the_end(self, shown: Shown) -> None:
        for age in (LAST_WORDS, TOKEN_LASTS):
            await self._clock.sleep(max(0.0, shown.route.created + age - self._clock.now()))
            shown.changed.set()

    async def _edit(self, shown: Shown) -> None:
        now, route = self._clock.now(), shown.route
        if shown.newest is None:
            return
        with texts.speaking(shown.incoming.language):
            note = _where_next(route) if now - route.created >= LAST_WORDS else ""
            view = layout.progress(shown.newest, event=shown.incoming.event, now=now, note=note)
            try:
                with translated():
                    await self._put(shown, view)
            except PlatformError as error:
                log.info("news_not_shown", heard=shown.incoming.event, error=str(error))

    async def _put(self, shown: Shown, view: discord.ui.LayoutView) -> None:
        waiting = self._pending.find(shown.incoming.event)
        if waiting is not None:
            async with waiting.answering:
                if not waiting.responded:
                    await waiting.respond(view, [], alone=shown.route.private)
                    return
        webhook = self._answering.webhook(shown.route)
        quiet = discord.AllowedMentions.none()
        await webhook.edit_message(ORIGINAL, view=view, attachments=[], allowed_mentions=quiet)

    async def _type(self, incoming: Incoming, route: Route) -> None:
        """Show once in the channel that the bot is busy with what somebody wrote."""
        if incoming.event in self._typed:
            return
        self._typed[incoming.event] = None
        if len(self._typed) > MOST_TYPED:
            self._typed.popitem(last=False)
        with translated():
            await self._caller.http.send_typing(route.channel)


def _where_next(route: Route) -> str:
    if route.foreign:
        return texts.say("discord.then_results")
    if route.private or not route.guild:
        return texts.say("discord.then_direct")
    return texts.say("discord.then_channel")
