"""The slash commands. Each becomes a line of the one grammar, as if it had been written."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str

from bots.discord import completion, hearing, menus
from common import texts
from request.sharing import MODES

if TYPE_CHECKING:
    from bots.discord.desk import Desk

Interaction = discord.Interaction[Any]
RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9")
MOST_PICTURES = 20
LONGEST_PROMPT = 3000


def add_commands(tree: app_commands.CommandTree[Any], desk: Desk) -> None:
    """Put all slash commands into a tree."""
    tree.add_command(_imagine(desk))
    for name in ("styles", "loras", "models"):
        tree.add_command(_searching(desk, name))
    for name in ("queue", "status", "horde"):
        tree.add_command(_plain(desk, name, name))
    tree.add_command(_plain(desk, "forget", "forget me"))
    tree.add_command(_sharing(desk))
    tree.add_command(_help(desk))
    tree.add_command(_settings(desk))
    tree.add_command(_of_picture(desk, "describe", "describe", question=True))
    tree.add_command(_of_picture(desk, "upscale", menus.SHARPER, verb_optional=True))
    tree.add_command(_info(desk))
    tree.add_command(_mine(desk))
    menus.add_menus(tree, desk)


def command(name: str, callback: Any) -> app_commands.Command[Any, ..., Any]:
    """Return a command with its words from the catalogue, wherever the bot may be used."""
    made: app_commands.Command[Any, ..., Any] = app_commands.Command(
        name=locale_str(name, code=f"discord_commands.{name}"),
        description=described(f"discord_commands.{name}_is"),
        callback=callback,
        allowed_contexts=app_commands.AppCommandContext(
            guild=True, dm_channel=True, private_channel=True
        ),
        allowed_installs=app_commands.AppInstallationType(guild=True, user=True),
    )
    return made


def described(code: str) -> locale_str:
    """Return a sentence of the catalogue for Discord's menus, in all languages there are."""
    return locale_str(texts.say(code), code=code)


def options(**names: str) -> Callable[[Any], Any]:
    """Describe and name the options of a command, each by a code of the catalogue."""
    describe = app_commands.describe(
        **{name: described(f"discord_options.{code}_is") for name, code in names.items()}
    )
    rename = app_commands.rename(
        **{
            name: locale_str(name.rstrip("_"), code=f"discord_options.{code}")
            for name, code in names.items()
        }
    )

    def decorate(callback: Any) -> Any:
        return rename(describe(callback))

    return decorate


def written(prompt: str, values: dict[str, Any], *, negative: str = "") -> str:
    """Return a prompt and options as the grammar reads them; what is None or False is left out."""
    words = [prompt]
    for name, value in values.items():
        if value is None or value is False:
            continue
        if value is True:
            words.append(f"--{name}")
        elif isinstance(value, str) and name not in {"ar", "lora"}:
            words.append(f'--{name} "{value.replace(chr(34), "")}"')
        else:
            words.append(f"--{name} {value}")
    if negative:
        words.append(f"--no {negative}")
    return " ".join(words)


def _imagine(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    @options(
        prompt="prompt",
        style="style",
        n="n",
        aspect="aspect",
        negative="negative",
        seed="seed",
        picture="picture",
        strength="strength",
        model="model",
        lora="lora",
        lora_strength="lora_strength",
        private="private",
        spoiler="spoiler",
    )
    @app_commands.choices(aspect=[Choice(name=ratio, value=ratio) for ratio in RATIOS])
    @app_commands.autocomplete(
        style=completion.styles(desk), model=completion.models(desk), lora=completion.loras(desk)
    )
    async def imagine(  # noqa: PLR0917  (Discord names the options by the parameters)
        interaction: Interaction,
        prompt: app_commands.Range[str, 1, LONGEST_PROMPT],
        style: str | None = None,
        n: app_commands.Range[int, 1, MOST_PICTURES] | None = None,
        aspect: str | None = None,
        negative: str | None = None,
        seed: str | None = None,
        picture: discord.Attachment | None = None,
        strength: app_commands.Range[float, 0.01, 1.0] | None = None,
        model: str | None = None,
        lora: str | None = None,
        lora_strength: app_commands.Range[float, -5.0, 5.0] | None = None,
        private: bool = False,
        spoiler: bool = False,
    ) -> None:
        weighted = lora if lora is None or lora_strength is None else f"{lora}:{lora_strength:g}"
        values = {
            "style": style,
            "n": n,
            "ar": aspect,
            "seed": seed,
            "strength": strength,
            "model": model,
            "lora": weighted,
            "private": private,
            "spoiler": spoiler,
        }
        await desk.ask(
            interaction,
            written(prompt, values, negative=negative or ""),
            verb_optional=True,
            private=private,
            pictures=_address(picture),
        )

    return command("imagine", imagine)


def _address(picture: discord.Attachment | None) -> tuple[str, ...]:
    return (picture.url,) if picture is not None and hearing.is_picture(picture) else ()


def _searching(desk: Desk, name: str) -> app_commands.Command[Any, ..., Any]:
    @options(search=f"search_{name}")
    async def look(
        interaction: Interaction, search: app_commands.Range[str, 1, 64] | None = None
    ) -> None:
        await desk.ask(interaction, f"{name} {search or ''}".strip(), question=True)

    return command(name, look)


def _plain(desk: Desk, name: str, text: str) -> app_commands.Command[Any, ..., Any]:
    async def ask(interaction: Interaction) -> None:
        await desk.ask(interaction, text, question=True)

    return command(name, ask)


def _sharing(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    @options(mode="sharing")
    @app_commands.choices(
        mode=[
            Choice(name=locale_str(mode, code=f"discord_options.share_{mode}"), value=mode)
            for mode in MODES
        ]
    )
    async def share(interaction: Interaction, mode: str | None = None) -> None:
        await desk.ask(interaction, f"share {mode or ''}".strip(), question=True)

    return command("share", share)


def _help(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    @options(word="word")
    async def help_(
        interaction: Interaction, word: app_commands.Range[str, 1, 40] | None = None
    ) -> None:
        await desk.ask(interaction, f"help {word or ''}".strip(), question=True)

    return command("help", help_)


def _settings(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    async def settings(interaction: Interaction) -> None:
        await desk.open_settings(interaction)

    made = command("settings", settings)
    made.default_permissions = discord.Permissions(manage_guild=True)
    made.guild_only = True
    made.allowed_contexts = app_commands.AppCommandContext(guild=True)
    made.allowed_installs = app_commands.AppInstallationType(guild=True)
    return made


def _of_picture(
    desk: Desk, name: str, text: str, **more: bool
) -> app_commands.Command[Any, ..., Any]:
    @options(picture="own_picture")
    async def ask(interaction: Interaction, picture: discord.Attachment) -> None:
        pictures = _address(picture)
        if pictures:
            await desk.ask(interaction, text, pictures=pictures, **more)
        else:
            await desk.whisper(interaction, texts.say("discord.no_picture"))

    return command(name, ask)


def _info(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    @options(request="request")
    async def info(interaction: Interaction, request: app_commands.Range[str, 8, 9]) -> None:
        await desk.ask(interaction, f"info {request}", question=True)

    return command("info", info)


def _mine(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    async def my(interaction: Interaction) -> None:
        await desk.mine(interaction)

    return command("my", my)
