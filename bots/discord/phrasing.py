"""The words of commands: their names and options from the catalogue, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bots.discord import hearing
from common import texts

_NO_AGAIN = re.compile(
    r"#{3,}|(?<!\S)(?:--no\b|negative(?:\s+prompt)?\s*:|style\s*:)", re.IGNORECASE
)
"""What people write before what must not be there, also where there is a field for it."""


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


def address(picture: discord.Attachment | None) -> tuple[str, ...]:
    """Return where an attached picture lies; nothing if it is none."""
    return (picture.url,) if picture is not None and hearing.is_picture(picture) else ()


def written(prompt: str, values: dict[str, Any], *, negative: str = "") -> str:
    """Return a prompt and options as the grammar reads them; what is None or False is left out."""
    words = [prompt]
    for name, value in values.items():
        if value is None or value is False or value == "":
            continue
        if value is True:
            words.append(f"--{name}")
        elif isinstance(value, str) and name not in {"ar", "lora"}:
            words.append(f'--{name} "{value.replace(chr(34), "")}"')
        else:
            words.append(f"--{name} {value}")
    if negative := without_marks(negative):
        words.append(f"--no {negative}")
    return " ".join(words)


def without_marks(negative: str) -> str:
    """Return what must not be in a picture, without the marks that say so elsewhere."""
    said = (words.strip() for words in _NO_AGAIN.sub(",", negative).split(","))
    return ", ".join(words for words in said if words)
