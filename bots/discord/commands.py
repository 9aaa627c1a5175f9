"""The slash commands. Each becomes a line of the one grammar, as if it had been written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str

from bots.discord import completion, menus, mine
from bots.discord.event_command import event_command
from bots.discord.imagine import RATIOS, imagine_command
from bots.discord.pages import LONGEST_WORDS, Page
from bots.discord.phrasing import address, command, options
from common import texts
from request.kept.people import SHARING_MODES

if TYPE_CHECKING:
    from bots.discord.counter import Counter

Interaction = discord.Interaction[Any]


def add_commands(tree: app_commands.CommandTree[Any], desk: Counter) -> None:
    """Put all slash commands into a tree."""
    tree.add_command(imagine_command(desk))
    tree.add_command(_browsing(desk))
    for name in ("loras", "models"):
        tree.add_command(_searching(desk, name))
    for name in ("queue", "status", "horde"):
        tree.add_command(_plain(desk, name, name))
    tree.add_command(_plain(desk, "forget", "forget me"))
    tree.add_command(_sharing(desk))
    tree.add_command(_help(desk))
    tree.add_command(_settings(desk))
    tree.add_command(_of_picture(desk, "describe", "describe", question=True))
    tree.add_command(_of_picture(desk, "upscale", menus.LARGER))
    tree.add_command(_info(desk))
    tree.add_command(_mine(desk))
    tree.add_command(_results(desk))
    tree.add_command(event_command(desk))
    menus.add_menus(tree, desk)


def _browsing(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    @options(search="search_styles")
    async def look(
        interaction: Interaction, search: app_commands.Range[str, 1, LONGEST_WORDS] = ""
    ) -> None:
        await desk.browse(interaction, Page(words=" ".join(search.split())))

    return command("styles", look)


def _searching(desk: Counter, name: str) -> app_commands.Command[Any, ..., Any]:
    @options(search=f"search_{name}")
    async def look(
        interaction: Interaction, search: app_commands.Range[str, 1, 64] | None = None
    ) -> None:
        await desk.ask(interaction, f"{name} {search or ''}".strip(), question=True)

    return command(name, look)


def _plain(desk: Counter, name: str, text: str) -> app_commands.Command[Any, ..., Any]:
    async def ask(interaction: Interaction) -> None:
        await desk.ask(interaction, text, question=True)

    return command(name, ask)


def _sharing(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    @options(mode="sharing")
    @app_commands.choices(
        mode=[
            Choice(name=locale_str(mode, code=f"discord_options.share_{mode}"), value=mode)
            for mode in SHARING_MODES
        ]
    )
    async def share(interaction: Interaction, mode: str | None = None) -> None:
        await desk.ask(interaction, f"share {mode or ''}".strip(), question=True)

    return command("share", share)


def _help(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    @options(word="word")
    async def help_(
        interaction: Interaction, word: app_commands.Range[str, 1, 40] | None = None
    ) -> None:
        await desk.ask(interaction, f"help {word or ''}".strip(), question=True)

    return command("help", help_)


def _settings(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    async def settings(interaction: Interaction) -> None:
        await desk.open_settings(interaction)

    made = command("settings", settings)
    made.default_permissions = discord.Permissions(manage_guild=True)
    made.guild_only = True
    made.allowed_contexts = app_commands.AppCommandContext(guild=True)
    made.allowed_installs = app_commands.AppInstallationType(guild=True)
    return made


def _of_picture(
    desk: Counter, name: str, text: str, **more: bool
) -> app_commands.Command[Any, ..., Any]:
    @options(picture="own_picture")
    async def ask(interaction: Interaction, picture: discord.Attachment) -> None:
        pictures = address(picture)
        if pictures:
            await desk.ask(interaction, text, pictures=pictures, **more)
        else:
            await desk.whisper(interaction, texts.say("discord.no_picture"))

    return command(name, ask)


def _info(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    @options(request="request")
    async def info(interaction: Interaction, request: app_commands.Range[str, 8, 9]) -> None:
        await desk.ask(interaction, f"info {request}", question=True)

    return command("info", info)


def _mine(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    @options(style="style_own", size="size_own", model="model_own", sharing="own_sharing")
    @app_commands.choices(
        size=[Choice(name=ratio, value=ratio) for ratio in (*RATIOS, mine.NONE)],
        sharing=[
            Choice(name=locale_str(mode, code=f"discord_options.share_{mode}"), value=mode)
            for mode in SHARING_MODES
        ],
    )
    @app_commands.autocomplete(style=completion.styles(desk), model=completion.models(desk))
    async def my(
        interaction: Interaction,
        style: app_commands.Range[str, 1, 60] | None = None,
        size: str | None = None,
        model: app_commands.Range[str, 1, 60] | None = None,
        sharing: str | None = None,
    ) -> None:
        said = {"style": style, "size": size, "model": model, "sharing": sharing}
        if any(said.values()):
            await desk.ask(interaction, mine.wish(said), question=True)
        else:
            await desk.mine(interaction)

    return command("my", my)


def _results(desk: Counter) -> app_commands.Command[Any, ..., Any]:
    async def results(interaction: Interaction) -> None:
        await desk.mine(interaction)

    return command("results", results)
