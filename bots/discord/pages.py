"""What is pressed on a page of styles: it survives restarts, for all it needs is in its id."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Self

import discord
from discord import ui

from bots.discord.buttons import front_of
from bots.discord.remade import Remade
from common import texts

LONGEST_WORDS = 64
LONGEST_LABEL = 80
EVERYTHING = "*"
"""What stands for no category in the list of categories."""
PLACE = r"(?P<page>\d{1,4}):(?P<subject>\d{1,2}):(?P<kind>[sc])(?P<words>.{0,64})"
Interaction = discord.Interaction[Any]


@dataclass(frozen=True, slots=True)
class Page:
    """Where somebody is among the styles."""

    number: int = 0
    subject: int = 0
    """Which of a style's pictures is shown."""
    words: str = ""
    """What was searched for, or the category."""
    category: bool = False

    def __str__(self) -> str:
        return f"{self.number}:{self.subject}:{'c' if self.category else 's'}{self.words}"

    @classmethod
    def of(cls, match: re.Match[str]) -> Self:
        """Return the page a custom id names."""
        number, subject = int(match["page"]), int(match["subject"])
        return cls(number, subject, match["words"], match["kind"] == "c")


class Turn(ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"ht:(?P<what>[a-z]+):{PLACE}"):
    """A button that shows another page, or another subject."""

    def __init__(self, what: str, page: Page, emoji: str) -> None:
        self.what, self.page, self.emoji = what, page, emoji
        label = texts.say(f"discord_styles.{what}")
        super().__init__(ui.Button(label=label, emoji=emoji or None, custom_id=f"ht:{what}:{page}"))

    @classmethod
    async def from_custom_id(
        cls, interaction: Interaction, item: ui.Item[Any], match: re.Match[str]
    ) -> Self:
        """Make the button again that was pressed."""
        del interaction, item
        return cls(match["what"], Page.of(match), "")

    async def callback(self, interaction: Interaction) -> None:
        """Tell of the press."""
        await front_of(interaction).browse(interaction, self.page)


class Category(Remade, ui.DynamicItem[ui.Select[ui.LayoutView]], template=r"hk:category"):
    """A list of categories to look at."""

    def __init__(self, categories: dict[str, int] | None = None, chosen: str = "") -> None:
        options = [
            discord.SelectOption(
                label=texts.say("discord_styles.category", name=name, count=count)[:100],
                value=name,
                default=name == chosen,
            )
            for name, count in (categories or {}).items()
        ]
        every = discord.SelectOption(label=texts.say("discord_styles.all"), value=EVERYTHING)
        select: ui.Select[ui.LayoutView] = ui.Select(
            custom_id="hk:category",
            options=[every, *options],
            placeholder=texts.say("discord_styles.choose"),
        )
        super().__init__(select)

    async def callback(self, interaction: Interaction) -> None:
        """Tell what was chosen."""
        chosen = self.item.values[0]
        page = Page() if chosen == EVERYTHING else Page(words=chosen, category=True)
        await front_of(interaction).browse(interaction, page)


class Use(Remade, ui.DynamicItem[ui.Button[ui.LayoutView]], template=r"hu:(?P<style>.{1,97})"):
    """A button that asks what to draw in a style."""

    def __init__(self, style: str, number: int = 0) -> None:
        self.style = style
        super().__init__(
            ui.Button(
                label=f"{number} · {style}"[:LONGEST_LABEL],
                style=discord.ButtonStyle.primary,
                custom_id=f"hu:{style}",
            )
        )

    async def callback(self, interaction: Interaction) -> None:
        """Tell of the press."""
        await front_of(interaction).use(interaction, self.style)
