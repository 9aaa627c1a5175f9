"""Events on Discord: buttons that say a line to the bot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import discord
from discord import ui

from bots.discord.buttons import front_of
from bots.discord.remade import Remade
from common import texts

LONGEST_ID = 100
PER_ROW = 5
MOST_ROWS = 4
HEAD = "he:"
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
