"""Interactions that have had no response yet: each gets one within the time Discord allows.

The row is written first, and the core has a moment to decide: what it answers at once is the
response, seen by the asker alone where it is only words. If it takes longer, the interaction is
deferred, whatever it is that takes so long: people wait half a second at most to see that they were
heard.
"""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import structlog
from discord import ui

from bots.discord.clock import Clock
from bots.discord.failures import ALREADY_ANSWERED
from bots.discord.route import Route
from common.model import Incoming
from common.running.tasks import cancel

log = structlog.get_logger()

DEFER_AFTER = 0.25
"""Seconds the core gets to write the row down and to answer at once."""
KEPT_FOR = 60.0
"""Seconds an interaction is remembered after its response, so that no second one is tried."""


class Waiting:
    """An interaction, and whether it has had its response."""

    def __init__(self, interaction: discord.Interaction[Any], incoming: Incoming) -> None:
        self.interaction = interaction
        self.incoming = incoming
        self.kept = False
        """Whether the row is written."""
        self.answering = asyncio.Lock()
        self.responded = interaction.response.is_done()

    async def defer(self) -> None:
        """Tell that an answer will come, unless there was a response."""
        async with self.answering:
            if self.responded:
                return
            self.responded = True
            route = Route.of(self.incoming.context)
            try:
                await self.interaction.response.defer(
                    thinking=not route.update, ephemeral=route.private or route.question
                )
            except discord.HTTPException as error:
                log.warning("not_deferred", heard=self.incoming.event, error=str(error))

    async def respond(
        self,
        view: ui.LayoutView,
        files: list[discord.File],
        *,
        alone: bool,
        update: bool = False,
    ) -> str | None:
        """Respond with a message; returns its id, or None if there was a response already.

        `alone`: only the asker sees it. `update`: it takes the place of the message pressed on.
        Call it while holding `answering`.
        """
        self.responded = True
        response = self.interaction.response
        quiet = discord.AllowedMentions.none()
        try:
            if update and self.interaction.message is not None:
                await response.edit_message(view=view, attachments=files, allowed_mentions=quiet)
                return str(self.interaction.message.id)
            said = await response.send_message(
                view=view, files=files, ephemeral=alone, allowed_mentions=quiet
            )
        except discord.HTTPException as error:
            if error.code == ALREADY_ANSWERED:
                return None
            raise
        return str(said.message_id)


class Pending:
    """All of them, by event."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._waiting: dict[str, Waiting] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def add(self, interaction: discord.Interaction[Any], incoming: Incoming) -> Waiting:
        """Take an interaction up and see to its response."""
        waiting = self._waiting[incoming.event] = Waiting(interaction, incoming)
        task = asyncio.create_task(self._see_to(waiting), name=f"respond-{incoming.event}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return waiting

    def find(self, event: str) -> Waiting | None:
        """Return an interaction of which this process heard a moment ago."""
        return self._waiting.get(event)

    async def close(self) -> None:
        """Defer what has had no response, and forget all."""
        for waiting in list(self._waiting.values()):
            await waiting.defer()
        await cancel(*self._tasks)
        self._waiting.clear()

    async def _see_to(self, waiting: Waiting) -> None:
        await self.clock.sleep(DEFER_AFTER)
        if not waiting.kept:
            log.warning("row_late", heard=waiting.incoming.event)
        await waiting.defer()
        await self.clock.sleep(KEPT_FOR)
        self._waiting.pop(waiting.incoming.event, None)
