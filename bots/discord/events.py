"""Events on Discord: buttons that say a line to the bot, and `/event`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import discord
from discord import app_commands, ui
from discord.app_commands import Choice, locale_str

from bots.discord.buttons import front_of
from bots.discord.phrasing import command, options
from bots.discord.remade import Remade
from common import texts

if TYPE_CHECKING:
    from bots.discord.desk import Desk

LONGEST_ID = 100
PER_ROW = 5
MOST_ROWS = 4
HEAD = "he:"
DOING = ("show", "enter", "withdraw", "vote", "unvote", "theme")
STEPS = ("announce", "open", "close", "vote", "count", "award", "archive", "cancel")
MODERATING = (*(f"moderate:{step}" for step in STEPS), "moderate:extend", "moderate:judge")
HIDING = ("moderate:hide", "moderate:unhide")
LOOKS = {"approve": "👍", "enter": "🏆"}

Interaction = discord.Interaction[Any]


class Say(Remade, ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"{HEAD}(?P<text>.{{1,97}})"):
    """A button that says a line, as if somebody had written it; it survives restarts."""

    def __init__(self, text: str) -> None:
        """Take the line; its id holds all of it."""
        word, label = text.partition(" ")[0], label_of(text)
        super().__init__(
            ui.Button(label=label[:80], emoji=LOOKS.get(word), custom_id=f"{HEAD}{text}")
        )
        self.text = text

    async def callback(self, interaction: Interaction) -> None:
        """Say it."""
        await front_of(interaction).say(interaction, self.text)


def label_of(text: str) -> str:
    """Return what a button shows for the line it says."""
    if text.startswith("enter "):
        named = " as me" in text
        return texts.say("discord_event.as_me" if named else "discord_event.anonymous")
    return text.rpartition(" ")[2]


def rows(lines: Sequence[str]) -> Iterator[ui.ActionRow[Any]]:
    """Yield rows of buttons that say these lines; what is too long for one is left out."""
    fit = [line for line in lines if len(HEAD) + len(line) <= LONGEST_ID]
    for start in range(0, min(len(fit), PER_ROW * MOST_ROWS), PER_ROW):
        yield ui.ActionRow(*(Say(line) for line in fit[start : start + PER_ROW]))


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
