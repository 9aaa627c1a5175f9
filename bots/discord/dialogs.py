"""The form to edit a request, and the list of styles for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bots.discord import hearing, layout
from bots.discord.buttons import Choice
from bots.discord.phrasing import without_marks
from common import texts
from common.model import IncomingKind
from request.kept.records import RequestRow
from styles import image_request
from styles.image_request import ImageRequest

if TYPE_CHECKING:
    from bots.discord.desk import Desk

EDIT = "hb-edit:"
PROMPT, NEGATIVE, OPTIONS = "prompt", "negative", "options"
LONGEST_PROMPT = 3000
LONGEST_OPTIONS = 500
MOST_STYLES = 25


async def open_edit(desk: Desk, interaction: discord.Interaction[Any], parent: str) -> None:
    """Show the form for an earlier request, filled in as it was."""
    earlier = await _earlier(desk, parent)
    if earlier is None:
        await desk.whisper(interaction, texts.say("refused.no_parent"))
        return
    await interaction.response.send_modal(_form(earlier, parent))


async def open_styles(desk: Desk, interaction: discord.Interaction[Any], request: str) -> None:
    """Show the presser a list of styles to draw the same again in."""
    place = await desk.services.places.holding(
        hearing.place_of(desk.account, interaction.guild_id, interaction.channel),
        adult=hearing.is_adult(interaction.channel),
    )
    names = desk.services.enquiries.styles("", place, most=MOST_STYLES)
    view = layout.words(texts.say("discord.choose_style"))
    options = [(f"style: {name}", name, "") for name in names]
    if options:
        placeholder = texts.say("discord.style_placeholder")
        view.add_item(ui.ActionRow(Choice(request, options, placeholder=placeholder)))
    await interaction.response.send_message(view=view, ephemeral=True)


async def submitted(desk: Desk, interaction: discord.Interaction[Any]) -> None:
    """Hear a filled-in form: it is the follow-up `edit`, as if written by hand."""
    written = filled(interaction)
    fields = (written.get(PROMPT, ""), written.get(OPTIONS, ""))
    text = f"edit {', '.join(field.strip() for field in fields if field.strip())}"
    if negative := without_marks(written.get(NEGATIVE, "")):
        text = f"{text} --no {negative}"
    name = form_name(interaction)
    parent = name.removeprefix(EDIT)
    await desk.ask(interaction, text, kind=IncomingKind.BUTTON, parent=parent)


def form_name(interaction: discord.Interaction[Any]) -> str:
    """Return which form was filled in."""
    data: Mapping[str, Any] = interaction.data or {}
    return str(data.get("custom_id", ""))


def filled(interaction: discord.Interaction[Any]) -> dict[str, str]:
    """Return what was written into a form, by field."""
    data: Mapping[str, Any] = interaction.data or {}
    return dict(_values(data.get("components", [])))


async def _earlier(desk: Desk, parent: str) -> ImageRequest | None:
    row: RequestRow | None = await desk.services.enquiries.answered_by(desk.account, parent)
    return None if row is None or row.parsed is None else image_request.from_json(row.parsed)


def _form(earlier: ImageRequest, parent: str) -> ui.Modal:
    form = ui.Modal(title=texts.say("discord.edit_title"), custom_id=f"{EDIT}{parent}")
    long = discord.TextStyle.paragraph
    fields = (
        (PROMPT, earlier.prompt[:LONGEST_PROMPT], long, True, LONGEST_PROMPT),
        (NEGATIVE, earlier.negative[:LONGEST_PROMPT], long, False, LONGEST_PROMPT),
        (OPTIONS, "", discord.TextStyle.short, False, LONGEST_OPTIONS),
    )
    for name, value, style, required, longest in fields:
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=name,
            style=style,
            default=value or None,
            required=required,
            max_length=longest,
            placeholder=texts.say(f"discord.edit_{name}_example"),
        )
        form.add_item(ui.Label(text=texts.say(f"discord.edit_{name}"), component=field))
    return form


def _values(components: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield what was written into each field of a form."""
    for one in components:
        inner = [one["component"]] if "component" in one else one.get("components", [])
        yield from _values(inner)
        if "value" in one:
            yield one["custom_id"], one["value"]
        elif "values" in one:
            yield one["custom_id"], ",".join(one["values"])
