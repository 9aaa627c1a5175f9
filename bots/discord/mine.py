"""`/my`: one's own last pictures, and one's own defaults.

The pictures are also those that could not be shown where they were asked for.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bots.discord import layout, uploads
from bots.discord.buttons import front_of
from bots.discord.remade import Remade
from common import texts
from common.model import Ending, Outcome, Part
from request.kept.people import SHARING_MODES
from request.kept.records import RequestRow, RequestState
from request.talking.own_defaults import described, size_of

if TYPE_CHECKING:
    from bots.discord.desk import Desk

MOST = 25
DEFAULTS = "hb-own:"
FIELDS = ("style", "size", "model")
LONGEST = {"style": 60, "size": 20, "model": 60}
"""Characters of what may be set; together they are a line that the grammar takes as a command."""
NONE = "none"
WITH_PICTURES = frozenset({RequestState.DONE, RequestState.REPLYING, RequestState.FAILED})
"""States of a request that may have pictures: one that failed may only not have been shown."""
MOST_SHOWN = 10
"""Pictures in one message."""
Interaction = discord.Interaction[Any]


class Mine(Remade, ui.DynamicItem[ui.Select[ui.LayoutView]], template=r"hm:mine"):
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

    async def callback(self, interaction: Interaction) -> None:
        """Tell what was chosen."""
        await front_of(interaction).mine(interaction, self.item.values[0])


class Change(Remade, ui.DynamicItem[ui.Button[ui.LayoutView]], template=r"hd:defaults"):
    """A button that opens the form of one's own defaults."""

    def __init__(self) -> None:
        label = texts.say("discord.own_change")
        super().__init__(ui.Button(label=label, emoji="⚙️", custom_id="hd:defaults"))

    async def callback(self, interaction: Interaction) -> None:
        """Tell of the press."""
        await front_of(interaction).defaults(interaction)


async def show(desk: Desk, interaction: Interaction, request: str = "") -> None:
    """Show somebody their own pictures: the last, or those of one of their requests."""
    rows = await desk.services.enquiries.requests_of(desk.account, str(interaction.user.id))
    kept = [row for row in reversed(rows) if row.state in WITH_PICTURES and row.parsed]
    chosen = next((row for row in kept if row.id == request), kept[0] if kept else None)
    own = await _standing(desk, interaction)
    if chosen is None:
        view = layout.words(f"{texts.say('discord.mine_none')}\n{own}")
        view.add_item(ui.ActionRow(Change()))
        await interaction.response.send_message(view=view, ephemeral=True)
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
    view.add_item(layout.box(own))
    view.add_item(ui.ActionRow(Change()))
    files = uploads.opened(await asyncio.to_thread(uploads.read, chosen.id, shown))
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, files=files, ephemeral=True)


async def open_defaults(desk: Desk, interaction: Interaction) -> None:
    """Show the form of somebody's own defaults, filled in as they are."""
    own, sharing = await desk.services.enquiries.own_defaults(
        desk.account, str(interaction.user.id)
    )
    form = ui.Modal(title=texts.say("discord.own_title"), custom_id=DEFAULTS)
    for name, value in zip(FIELDS, (own.style, size_of(own), own.model), strict=True):
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=name,
            default=value or None,
            required=False,
            max_length=LONGEST[name],
            placeholder=texts.say(f"discord.own_{name}_example"),
        )
        form.add_item(ui.Label(text=texts.say(f"discord_options.{name}_own_is"), component=field))
    modes = [
        discord.SelectOption(
            label=texts.say(f"discord_options.share_{one}"), value=one, default=one == sharing
        )
        for one in SHARING_MODES
    ]
    choices: ui.Select[Any] = ui.Select(custom_id="sharing", options=modes)
    form.add_item(ui.Label(text=texts.say("discord.own_sharing"), component=choices))
    await interaction.response.send_modal(form)


def wish(values: Mapping[str, str | None]) -> str:
    """Return the line of the grammar that sets one's own defaults; what is None stays."""
    said = (f'{name}: "{_plain(value)}"' for name, value in values.items() if value is not None)
    return f"my {', '.join(said)}".strip()


def _plain(value: str) -> str:
    return " ".join(value.replace('"', "").split()) or NONE


async def _standing(desk: Desk, interaction: Interaction) -> str:
    own, sharing = await desk.services.enquiries.own_defaults(
        desk.account, str(interaction.user.id)
    )
    return texts.say("discord.own", defaults=layout.escape(described(own, sharing)))


def _title(row: RequestRow) -> str:
    prompt = " ".join(str((row.parsed or {}).get("prompt", "")).split())
    return (prompt or row.id)[:100]
