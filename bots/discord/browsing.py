"""`/styles`: looking at styles page by page, with pictures where there are some, to use one."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import discord
from discord import ui

from bots.discord import hearing, layout
from bots.discord.pages import LONGEST_LABEL, LONGEST_WORDS, Category, Page, Turn, Use
from common import texts
from styles.lists.parsing import Style
from styles.lists.previews import Preview

if TYPE_CHECKING:
    from bots.discord.desk import Desk
    from common.config import PlaceConfig

ON_PAGE = 4
"""Styles of a page: so many pictures make a square."""
MOST_CATEGORIES = 25
USE = "hb-use:"
Interaction = discord.Interaction[Any]


async def show(desk: Desk, interaction: Interaction, page: Page) -> None:
    """Show a page of styles to the one who asked, and to nobody else."""
    place = await desk.services.places.holding(
        hearing.place_of(desk.account, interaction.guild_id, interaction.channel),
        adult=hearing.is_adult(interaction.channel),
        opt_in=not hearing.is_foreign(interaction),
    )
    if place.enabled is False:
        await desk.whisper(interaction, texts.say("refused.not_enabled"))
        return
    view, shown = await _view(desk, place, page)
    files = await asyncio.to_thread(_opened, shown)
    if interaction.type is discord.InteractionType.component:
        await interaction.response.edit_message(view=view, attachments=files)
    else:
        await interaction.response.send_message(view=view, files=files, ephemeral=True)


async def ask(interaction: Interaction, style: str) -> None:
    """Show the form that asks what to draw in a style."""
    with texts.speaking(hearing.language_of(interaction)):
        await interaction.response.send_modal(_form(style))


async def _view(
    desk: Desk, place: PlaceConfig, page: Page
) -> tuple[ui.LayoutView, list[tuple[Style, Preview]]]:
    """Return a page, and the pictures on it."""
    known = desk.services.enquiries
    words = page.words
    found = (
        known.browse(place, category=words) if page.category else known.browse(place, search=words)
    )
    usable = [style for style in found if len(style.name) < LONGEST_LABEL]
    looks = await known.looks([style.name for style in usable])
    usable.sort(key=lambda style: style.name not in looks)  # those with pictures first
    last = max(0, (len(usable) - 1) // ON_PAGE)
    page = replace(page, number=min(page.number, last))
    listed = usable[page.number * ON_PAGE :][:ON_PAGE]
    pictures = [
        (style, looks[style.name][page.subject % len(looks[style.name])])
        for style in listed
        if style.name in looks
    ]
    pictures = [(style, one) for style, one in pictures if one.file is None or one.file.is_file()]
    box: ui.Container[Any] = ui.Container(
        ui.TextDisplay(_head(page, len(usable), last)), accent_colour=0x5865F2
    )
    if pictures:
        box.add_item(ui.MediaGallery(*(_item(style, one) for style, one in pictures)))
    if listed:
        box.add_item(ui.TextDisplay("\n".join(_lines(listed))))
    view = ui.LayoutView(timeout=None)
    view.add_item(box)
    if listed:
        view.add_item(
            ui.ActionRow(*(Use(style.name, at) for at, style in enumerate(listed, start=1)))
        )
    turns = _turns(page, last, subjects=max(map(len, looks.values()), default=0))
    if turns:
        view.add_item(ui.ActionRow(*turns))
    categories = {
        name: count
        for name, count in known.categories(place).items()
        if len(name) <= LONGEST_WORDS and "\n" not in name
    }
    if categories:
        most = dict(list(categories.items())[: MOST_CATEGORIES - 1])
        view.add_item(ui.ActionRow(Category(most, page.words if page.category else "")))
    return view, pictures


def _turns(page: Page, last: int, *, subjects: int) -> list[Turn]:
    turns = []
    if page.number > 0:
        turns.append(Turn("back", replace(page, number=page.number - 1), "◀️"))
    if page.number < last:
        turns.append(Turn("on", replace(page, number=page.number + 1), "▶️"))
    if subjects > 1:
        turns.append(Turn("subject", replace(page, subject=(page.subject + 1) % subjects), "🔄"))
    return turns


def _head(page: Page, count: int, last: int) -> str:
    code = "none" if not count else "in_category" if page.category else "all"
    if page.words and not page.category and count:
        code = "found"
    values = {"words": layout.escape(page.words), "count": count}
    head = f"### {texts.say(f'discord_styles.head_{code}', **values)}"
    if last:
        head += f"\n-# {texts.say('discord_styles.page', page=page.number + 1, pages=last + 1)}"
    return head


def _lines(listed: list[Style]) -> list[str]:
    lines = []
    for at, style in enumerate(listed, start=1):
        facts = [texts.say("discord_styles.model", model=layout.escape(style.model))]
        if style.author:
            facts.append(texts.say("discord_styles.author", author=layout.escape(style.author)))
        lines.append(f"{at} · **{layout.escape(style.name)}**\n-# {' · '.join(facts)}")
    return lines


def _item(style: Style, preview: Preview) -> discord.MediaGalleryItem:
    address = preview.address or f"attachment://{_file_name(preview)}"
    alt = texts.say("discord_styles.alt", style=style.name, subject=preview.subject)
    return discord.MediaGalleryItem(address, description=alt[: layout.GALLERY_ALT_LENGTH])


def _file_name(preview: Preview) -> str:
    return "" if preview.file is None else preview.file.name


def _opened(shown: list[tuple[Style, Preview]]) -> list[discord.File]:
    return [
        discord.File(io.BytesIO(one.file.read_bytes()), one.file.name)
        for _style, one in shown
        if one.file is not None
    ]


def _form(style: str) -> ui.Modal:
    form = ui.Modal(
        title=texts.say("discord_styles.form", style=style)[:45], custom_id=f"{USE}{style}"
    )
    for name, long in (("prompt", True), ("options", False)):
        field: ui.TextInput[Any] = ui.TextInput(
            custom_id=name,
            style=discord.TextStyle.paragraph if long else discord.TextStyle.short,
            required=long,
            max_length=3000 if long else 500,
            placeholder=texts.say(f"discord_styles.{name}_example"),
        )
        form.add_item(ui.Label(text=texts.say(f"discord.edit_{name}"), component=field))
    return form
