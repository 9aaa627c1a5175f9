"""`/event`: all that can be said about events, as a command."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands
from discord.app_commands import Choice, locale_str

from bots.discord.phrasing import command, options
from common import texts

if TYPE_CHECKING:
    from bots.discord.desk import Desk

DOING = ("show", "enter", "withdraw", "vote", "unvote", "theme")
STEPS = ("announce", "open", "close", "vote", "count", "award", "archive", "cancel")
MODERATING = (*(f"moderate:{step}" for step in STEPS), "moderate:extend", "moderate:judge")
HIDING = ("moderate:hide", "moderate:unhide")

Interaction = discord.Interaction[Any]


def written(do: str, name: str, words: str) -> str:
    """Return the line of the grammar that `/event` stands for. Pure."""
    name, words = name.strip().casefold(), " ".join(words.split())
    if not name:
        return "events"
    if do == "theme":
        return f"theme {name}: {words}"
    if do.startswith("moderate:"):
        return f"event {name} {do.partition(':')[2]} {words}".strip()
    return f"{'event' if do == 'show' else do} {name} {words}".strip()


def event_command(desk: Desk) -> app_commands.Command[Any, ..., Any]:
    """Return `/event`: what there is, one in detail, entering, voting, and moderators' words."""

    @options(name="event_name", do="event_do", words="event_words")
    @app_commands.choices(
        do=[
            Choice(name=locale_str(f"{_label(do)}", code=f"discord_event.{_code(do)}"), value=do)
            for do in (*DOING, *MODERATING, *HIDING)
        ]
    )
    async def event(
        interaction: Interaction,
        name: app_commands.Range[str, 1, 48] = "",
        do: str = "show",
        words: app_commands.Range[str, 1, 1500] = "",
    ) -> None:
        await desk.ask(interaction, written(do, name, words), question=True)

    return command("event", event)


def _code(do: str) -> str:
    return do.replace("moderate:", "moderate_")


def _label(do: str) -> str:
    return texts.say(f"discord_event.{_code(do)}")
