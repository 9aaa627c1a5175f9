"""The menus on messages and people: remix, enlarge, describe, show the recipe.

They work on one's own pictures and on the bot's. Discord shows us the pictures of a message when
its menu is used, and never again without a privileged intent: so a form keeps them in memory.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.app_commands import locale_str

from bots.discord import dialogs, hearing
from common import texts
from common.model import IncomingKind

if TYPE_CHECKING:
    from bots.discord.desk import Desk

Interaction = discord.Interaction[Any]
REMIX = "hb-remix:"
PROMPT, STRENGTH = "prompt", "strength"
USUAL_STRENGTH = "0.6"
AVATAR_SIZE = 1024
LARGER = "upscale"
"""What is said of a picture that is only to be enlarged."""


def add_menus(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    """Put the menus into a tree."""
    tree.add_command(_menu("remix", _remixing(desk)))
    tree.add_command(_menu("enlarge", _enlarging(desk)))
    tree.add_command(_menu("describe", _asking(desk, "describe")))
    tree.add_command(_menu("recipe", _asking(desk, "info")))
    tree.add_command(_menu("avatar", _remixing_avatars(desk)))


def _remixing(desk: Desk) -> Any:
    async def remix(interaction: Interaction, message: discord.Message) -> None:
        if await _usable(desk, interaction, message):
            pictures = () if _is_ours(interaction, message) else _pictures(message)
            await open_remix(desk, interaction, pictures, str(message.id))

    return remix


def _enlarging(desk: Desk) -> Any:
    async def enlarge(interaction: Interaction, message: discord.Message) -> None:
        if not await _usable(desk, interaction, message):
            return
        if _is_ours(interaction, message):
            kind = IncomingKind.BUTTON
            await desk.ask(interaction, "upscale 1", kind=kind, parent=str(message.id))
        else:
            await desk.ask(interaction, LARGER, pictures=_pictures(message))

    return enlarge


def _asking(desk: Desk, text: str) -> Any:
    async def ask(interaction: Interaction, message: discord.Message) -> None:
        if await _usable(desk, interaction, message):
            await desk.ask(interaction, text, question=True, **_meant(interaction, message))

    return ask


def _remixing_avatars(desk: Desk) -> Any:
    async def remix(interaction: Interaction, user: discord.User) -> None:
        if user.id != interaction.user.id:
            await _decline(desk, interaction)
            return
        picture = user.display_avatar.with_size(AVATAR_SIZE).with_static_format("png")
        await open_remix(desk, interaction, (picture.url,), "avatar")

    return remix


async def open_remix(
    desk: Desk, interaction: Interaction, pictures: tuple[str, ...], source: str
) -> None:
    """Show the form that asks what to make of a picture; without any it is our own answer's."""
    with texts.speaking(hearing.language_of(interaction)):
        key = f"{source}:{interaction.id}"
        desk.remixes.open(key, pictures)
        form = ui.Modal(title=texts.say("discord.remix_title"), custom_id=f"{REMIX}{key}")
        for name, default, style in (
            (PROMPT, None, discord.TextStyle.paragraph),
            (STRENGTH, USUAL_STRENGTH, discord.TextStyle.short),
        ):
            field: ui.TextInput[Any] = ui.TextInput(
                custom_id=name, default=default, style=style, max_length=3000
            )
            form.add_item(ui.Label(text=texts.say(f"discord.remix_{name}"), component=field))
        await interaction.response.send_modal(form)


async def submitted(desk: Desk, interaction: Interaction) -> None:
    """Hear what is to be made of a picture."""
    key = dialogs.form_name(interaction).removeprefix(REMIX)
    pictures, source = desk.remixes.of(key), key.partition(":")[0]
    if pictures is None:
        await desk.whisper(interaction, texts.say("discord.remix_lost"))
        return
    written = dialogs.filled(interaction)
    await desk.ask(
        interaction,
        f"{written.get(PROMPT, '')} --strength {_strength(written.get(STRENGTH, ''))}",
        verb_optional=True,
        pictures=pictures,
        parent=None if pictures else source,
    )


def _strength(said: str) -> str:
    """Return how far a picture may change, as an option takes it; it may be said in percent."""
    number = said.strip().removesuffix("%").strip()
    if said.strip() != number and number.isdecimal():
        return f"{int(number) / 100:g}"
    return number or USUAL_STRENGTH


def _menu(name: str, callback: Any) -> app_commands.ContextMenu:
    title = texts.say(f"discord_menus.{name}")
    return app_commands.ContextMenu(
        name=locale_str(title, code=f"discord_menus.{name}"),
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )


def _is_ours(interaction: Interaction, message: discord.Message) -> bool:
    return message.author.id == interaction.application_id or (
        interaction.client.user is not None and message.author.id == interaction.client.user.id
    )


async def _usable(desk: Desk, interaction: Interaction, message: discord.Message) -> bool:
    """Tell whether a message's pictures may be worked on by the presser; say so if not."""
    if _is_ours(interaction, message):
        return True
    if message.author.id != interaction.user.id:
        await _decline(desk, interaction)
        return False
    if not _pictures(message):
        await desk.whisper(interaction, texts.say("discord.no_picture"))
        return False
    return True


async def _decline(desk: Desk, interaction: Interaction) -> None:
    with texts.speaking(hearing.language_of(interaction)):
        await desk.whisper(interaction, texts.say("refused.not_your_picture"))


def _meant(interaction: Interaction, message: discord.Message) -> dict[str, Any]:
    """Return how a message's picture is named to the core: ours by its message."""
    if _is_ours(interaction, message):
        return {"parent": str(message.id)}
    return {"pictures": _pictures(message)}


def _pictures(message: discord.Message) -> tuple[str, ...]:
    return tuple(one.url for one in message.attachments if hearing.is_picture(one))
