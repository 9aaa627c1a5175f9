"""What is pressed and chosen on the panel of settings; all it needs is in its custom id."""

from __future__ import annotations

from typing import Any

import discord
from discord import ui

from bots.discord.buttons import front_of
from bots.discord.remade import Remade
from common import texts

SERVER = "server"
ROLE = "role"
KINDS = [discord.ChannelType.text, discord.ChannelType.forum, discord.ChannelType.news]
SCOPE, WHAT = r"(?P<scope>server|\d{1,20})", r"(?P<what>[a-z]{1,12})"

Interaction = discord.Interaction[Any]


class Change(Remade, ui.DynamicItem[ui.Button[ui.LayoutView]], template=rf"hc:{WHAT}:{SCOPE}"):
    """A button of the panel."""

    def __init__(self, what: str, scope: str) -> None:
        self.what, self.scope = what, scope
        code = what if what != "other" else f"other_{'server' if scope == SERVER else 'channel'}"
        super().__init__(
            ui.Button(label=texts.say(f"discord_settings.{code}"), custom_id=f"hc:{what}:{scope}")
        )

    async def callback(self, interaction: Interaction) -> None:
        """Tell of the press."""
        await front_of(interaction).settings(interaction, self.what, self.scope, None)


class Channels(
    Remade, ui.DynamicItem[ui.ChannelSelect[ui.LayoutView]], template=rf"hw:{WHAT}:{SCOPE}"
):
    """A list of channels on the panel."""

    def __init__(
        self, what: str, scope: str, chosen: list[discord.Object] | None = None, most: int = 1
    ) -> None:
        self.what, self.scope = what, scope
        defaults = [
            discord.SelectDefaultValue(id=one.id, type=discord.SelectDefaultValueType.channel)
            for one in chosen or []
        ]
        select: ui.ChannelSelect[ui.LayoutView] = ui.ChannelSelect(
            custom_id=f"hw:{what}:{scope}",
            channel_types=KINDS,
            placeholder=texts.say(f"discord_settings.{what}"),
            min_values=0,
            max_values=most,
            default_values=defaults,
        )
        super().__init__(select)

    async def callback(self, interaction: Interaction) -> None:
        """Tell what was chosen."""
        chosen = [str(channel.id) for channel in self.item.values]
        await front_of(interaction).settings(interaction, self.what, self.scope, chosen)


class Roles(Remade, ui.DynamicItem[ui.RoleSelect[ui.LayoutView]], template=rf"hl:{SCOPE}"):
    """A list of roles: choosing one opens the form of its limits."""

    def __init__(self, scope: str) -> None:
        self.scope = scope
        placeholder = texts.say("discord_settings.role_choose")
        super().__init__(ui.RoleSelect(custom_id=f"hl:{scope}", placeholder=placeholder))

    async def callback(self, interaction: Interaction) -> None:
        """Tell what was chosen."""
        chosen = [str(role.id) for role in self.item.values]
        await front_of(interaction).settings(interaction, ROLE, self.scope, chosen)
