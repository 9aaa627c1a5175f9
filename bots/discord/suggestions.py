"""Names to press under an answer that brought nothing: the same again with one of them."""

from __future__ import annotations

from typing import Any, ClassVar

import discord
from discord import ui

from bots.discord.buttons import REQUEST, front_of
from bots.discord.remade import Remade

STYLE, MODEL = "s", "m"
FOLLOW_UPS = {STYLE: 'style: "{name}"', MODEL: 'edit --model "{name}"'}
"""What a press says, as if it had been written in reply."""


class Suggestion(
    Remade,
    ui.DynamicItem[ui.Button[ui.LayoutView]],
    template=rf"hg:(?P<verb>[sm]):{REQUEST}:(?P<name>.{{1,80}})",
):
    """A button with the name of a style or a model."""

    LONGEST: ClassVar[int] = 80
    """Characters of a name: a label takes no more."""

    def __init__(self, verb: str, request: str, name: str) -> None:
        self.verb, self.request, self.name = verb, request, name
        super().__init__(ui.Button(label=name, emoji="🎨", custom_id=f"hg:{verb}:{request}:{name}"))

    async def callback(self, interaction: discord.Interaction[Any]) -> None:
        """Tell of the press."""
        said = FOLLOW_UPS[self.verb].format(name=self.name.replace('"', ""))
        await front_of(interaction).choose(interaction, said, self.request)
