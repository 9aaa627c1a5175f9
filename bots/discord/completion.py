"""Completing names while somebody types: from memory, since Discord gives no time to think."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import discord
from discord.app_commands import Choice

from bots.discord import hearing
from common.config import PlaceConfig

if TYPE_CHECKING:
    from bots.discord.desk import Desk

Interaction = discord.Interaction[Any]
Complete = Callable[[Interaction, str], Coroutine[Any, Any, list[Choice[str]]]]
LONGEST = 100
"""Characters of a name in a list, and of its value."""


def styles(desk: Desk) -> Complete:
    """Return what completes a style's name."""

    async def complete(interaction: Interaction, typed: str) -> list[Choice[str]]:
        names = desk.services.enquiries.styles(typed, await _place(desk, interaction))
        return [Choice(name=name, value=name) for name in names if len(name) <= LONGEST]

    return complete


def models(desk: Desk) -> Complete:
    """Return what completes a model's name."""

    async def complete(interaction: Interaction, typed: str) -> list[Choice[str]]:
        names = desk.services.enquiries.models(typed, await _place(desk, interaction))
        return [Choice(name=name, value=name) for name in names if len(name) <= LONGEST]

    return complete


def loras(desk: Desk) -> Complete:
    """Return what completes a LoRA: its value is the id, its name says what for."""

    async def complete(interaction: Interaction, typed: str) -> list[Choice[str]]:
        found = desk.services.enquiries.loras(typed, await _place(desk, interaction))
        choices = []
        for asset in found:
            newest = asset.version()
            base = f" · {newest.base_model}" if newest is not None else ""
            name = f"{asset.name[: LONGEST - len(base)]}{base}"
            choices.append(Choice(name=name, value=str(asset.id)))
        return choices

    return complete


async def _place(desk: Desk, interaction: Interaction) -> PlaceConfig:
    foreign = hearing.is_foreign(interaction)
    guild = None if foreign else interaction.guild_id
    return await desk.services.places.holding(
        hearing.place_of(desk.account, guild, interaction.channel),
        adult=hearing.is_adult(interaction.channel),
    )
