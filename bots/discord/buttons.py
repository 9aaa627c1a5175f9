"""What can be pressed under an answer. It survives restarts: all it needs is in its custom id.

A press is a follow-up like one written by hand (`vary 2`), so the one grammar reads it and the one
policy decides, at each press, what the presser may.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Protocol, Self

import discord
from discord import ui

from bots.discord.remade import Remade
from common import texts

if TYPE_CHECKING:
    from collections.abc import Sequence

VERB, REQUEST, NUMBER = r"(?P<verb>[a-z]{1,12})", r"(?P<request>\w{1,20})", r"(?P<number>\d{1,3})"


class Verb(StrEnum):
    """What a button does."""

    AGAIN = "again"
    SEED = "seed"
    VARY = "vary"
    UPSCALE = "upscale"
    ZOOM = "zoom"
    INFO = "info"
    DELETE = "delete"
    CANCEL = "cancel"
    SHARE = "share"
    ENTER = "enter"
    EDIT = "edit"
    """Opens a form."""
    STYLE = "style"
    """Opens a list."""


@dataclass(frozen=True, slots=True)
class Look:
    """How a button looks, and the follow-up it stands for ("" if it opens something)."""

    text: str
    emoji: str
    style: discord.ButtonStyle = discord.ButtonStyle.secondary


LOOKS = {
    Verb.AGAIN: Look("again", "🔁", discord.ButtonStyle.primary),
    Verb.SEED: Look("same seed", "🌱"),
    Verb.VARY: Look("vary {number}", "✨"),
    Verb.UPSCALE: Look("upscale {number}", "🔍"),
    Verb.ZOOM: Look("zoom out {number}", "↔️"),
    Verb.INFO: Look("info", "📋"),
    Verb.DELETE: Look("delete", "🗑️"),
    Verb.CANCEL: Look("cancel", "✖️", discord.ButtonStyle.danger),
    Verb.SHARE: Look("share", "🖼️"),
    Verb.ENTER: Look("enter", "🏆"),
    Verb.EDIT: Look("", "✏️"),
    Verb.STYLE: Look("", "🎨"),
}
QUIET = frozenset({Verb.INFO, Verb.DELETE, Verb.CANCEL, Verb.SHARE, Verb.ENTER})
"""What is answered with words, to the presser alone."""


class Front(Protocol):
    """Who is told of a press; the client has it as `front`."""

    async def press(
        self, interaction: discord.Interaction, verb: Verb, request: str, number: str
    ) -> None: ...

    async def say(self, interaction: discord.Interaction, text: str) -> None: ...

    async def choose(self, interaction: discord.Interaction, text: str, request: str) -> None: ...

    async def browse(self, interaction: discord.Interaction, page: Any) -> None: ...

    async def use(self, interaction: discord.Interaction, style: str) -> None: ...

    async def defaults(self, interaction: discord.Interaction) -> None: ...

    async def mine(self, interaction: discord.Interaction, request: str) -> None: ...

    async def settings(
        self,
        interaction: discord.Interaction,
        what: str,
        scope: str,
        chosen: list[str] | None,
    ) -> None: ...


def front_of(interaction: discord.Interaction[Any]) -> Front:
    """Return who is told what was pressed."""
    front: Front = interaction.client.front
    return front


class Press(
    ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"hb:{VERB}:{REQUEST}(?::{NUMBER})?"
):
    """A button under an answer, or under the news of a request at work."""

    def __init__(self, verb: Verb, request: str, number: str = "", *, short: bool = False) -> None:
        """Take what it does to which request (of which picture); `short`: only the number."""
        look = LOOKS[verb]
        suffix = f":{number}" if number else ""
        label = texts.say(f"discord_buttons.{verb.value}")
        super().__init__(
            ui.Button(
                style=look.style,
                label=number if short else f"{label} {number}".strip(),
                emoji=look.emoji,
                custom_id=f"hb:{verb.value}:{request}{suffix}",
            )
        )
        self.verb, self.request, self.number = verb, request, number

    @classmethod
    async def from_custom_id(
        cls,
        interaction: discord.Interaction[Any],
        item: ui.Item[Any],
        match: re.Match[str],
    ) -> Self:
        """Make the button again that was pressed."""
        del interaction, item
        return cls(Verb(match["verb"]), match["request"], match["number"] or "")

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Tell of the press."""
        await front_of(interaction).press(interaction, self.verb, self.request, self.number)


class Choice(Remade, ui.DynamicItem[ui.Select[ui.LayoutView]], template=rf"hs:{REQUEST}"):
    """A list of follow-ups to an answer."""

    def __init__(
        self,
        request: str,
        options: Sequence[tuple[str, str, str]] = (),
        *,
        placeholder: str | None = None,
    ) -> None:
        """Take which request it belongs to, and options as (follow-up, label, emoji)."""
        choices = [
            discord.SelectOption(label=label[:100], value=text[:100], emoji=emoji or None)
            for text, label, emoji in options
        ]
        select: ui.Select[ui.LayoutView] = ui.Select(
            custom_id=f"hs:{request}",
            options=choices or [discord.SelectOption(label="-")],
            placeholder=placeholder,
        )
        super().__init__(select)
        self.request = request

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Tell what was chosen."""
        await front_of(interaction).choose(interaction, self.item.values[0], self.request)
