"""What people do, queued as Incomings; and a word to one of them alone."""

from __future__ import annotations

import asyncio
from typing import Any

import discord
import structlog

from bots.discord import hearing, layout
from bots.discord.pending import Pending, Waiting
from bots.discord.permissions import missing
from bots.discord.remixes import Remixes
from common.model import Incoming
from request.lending import Services

log = structlog.get_logger()

MOST_HEARD = 5000
"""Events that may wait to be written down; more are dropped, and say so in the log."""


class Desk:
    """Queues what people do for the adapter's `listen`."""

    def __init__(self, account: str, services: Services, pending: Pending) -> None:
        self.account = account
        self.services = services
        self._pending = pending
        self.remixes = Remixes()
        self.heard: asyncio.Queue[tuple[Incoming, Waiting | None]] = asyncio.Queue(MOST_HEARD)

    def hear(self, incoming: Incoming, waiting: Waiting | None = None) -> None:
        """Queue an event."""
        if self.heard.full():
            log.error("event_dropped", account=self.account, heard=incoming.event)
            return
        self.heard.put_nowait((incoming, waiting))

    async def ask(self, interaction: discord.Interaction[Any], text: str, **more: Any) -> None:
        """Queue what an interaction asks for, if it can be answered where it is.

        `more` goes to `hearing.of_interaction`.
        """
        now = self._pending.clock.now()
        incoming = hearing.of_interaction(self.account, interaction, text, now=now, **more)
        if not more.get("question"):
            lacking = missing(interaction, incoming.language)
            if lacking:
                await self.whisper(interaction, lacking)
                return
        self.hear(incoming, self._pending.add(interaction, incoming))

    async def whisper(self, interaction: discord.Interaction[Any], text: str) -> None:
        """Say a sentence to the one who pressed or asked, and to nobody else."""
        await interaction.response.send_message(view=layout.words(text), ephemeral=True)
