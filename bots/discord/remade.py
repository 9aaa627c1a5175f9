"""What survives a restart: made again from its custom id when somebody presses it."""

from __future__ import annotations

import re
from typing import Any, Self

import discord
from discord import ui


class Remade:
    """Comes before `ui.DynamicItem`: the groups of an item's template are what its class takes."""

    @classmethod
    async def from_custom_id(
        cls, interaction: discord.Interaction[Any], item: ui.Item[Any], match: re.Match[str], /
    ) -> Self:
        """Make the item again that was pressed, or chosen from."""
        del interaction, item
        return cls(**match.groupdict())
