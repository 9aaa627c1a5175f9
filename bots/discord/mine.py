"""`/my`: one's own last pictures, also those that could not be shown where they were asked for."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING, Any, Self

import discord
from discord import ui

from bots.discord import layout, uploads
from bots.discord.buttons import front_of
from common import texts
from common.model import Ending, Outcome, Part
from request.records import RequestRow, RequestState

if TYPE_CHECKING:
    from bots.discord.desk import Desk

MOST = 25
WITH_PICTURES = frozenset({RequestState.DONE, RequestState.REPLYING, RequestState.FAILED})
"""States of a request that may have pictures: one that failed may only not have been shown."""
MOST_SHOWN = 10
"""Pictures in one message."""
Interaction = discord.Interaction[Any]


class Mine(ui.DynamicItem[ui.Select[ui.LayoutView]], template=r"hm:mine"):
    """The list of one's own requests."""

    def __init__(self, rows: list[RequestRow] | None = None) -> None:
        options = [
            discord.SelectOption(label=_title(row), value=row.id) for row in (rows or [])[:MOST]
        ]
        select: ui.Select[ui.LayoutView] = ui.Select(
            custom_id="hm:mine",
            options=options or [discord.SelectOption(label="-")],
            placeholder=texts.say("discord.mine_choose"),
        )
        super().__init__(select)

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make the list again that something was chosen from."""
        del interaction, item, match
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Tell what was chosen."""
        await front_of(interaction).mine(interaction, self.item.values[0])


async def show(desk: Desk, interaction: Interaction, request: str = "") -> None:
    """Show somebody his own pictures: the last, or those of a request of his."""
    rows = await desk.services.enquiries.requests_of(desk.account, str(interaction.user.id))
    kept = [row for row in reversed(rows) if row.state in WITH_PICTURES and row.parsed]
    chosen = next((row for row in kept if row.id == request), kept[0] if kept else None)
    if chosen is None:
        await desk.whisper(interaction, texts.say("discord.mine_none"))
        return
    folder = desk.services.pictures
    pictures = await desk.services.enquiries.pictures_of(chosen, folder)
    shown = tuple(one for one in pictures if one.path.exists())[:MOST_SHOWN]
    text = texts.say("discord.mine", prompt=_title(chosen), request=chosen.id)
    outcome = Outcome(chosen.id, Ending.DONE if shown else Ending.FAILED, text, pictures=shown)
    part = Part(1, 1, text, shown)
    view = layout.answer(
        outcome, part, event=str(interaction.id), person=interaction.user.id, ping=False
    )
    view.add_item(ui.ActionRow(Mine(kept)))
    files = uploads.opened(await asyncio.to_thread(uploads.read, chosen.id, shown))
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, files=files, ephemeral=True)


def _title(row: RequestRow) -> str:
    prompt = " ".join(str((row.parsed or {}).get("prompt", "")).split())
    return (prompt or row.id)[:100]
