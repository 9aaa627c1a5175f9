"""A server lets the bot in: one word to the one who did it, and silence in the server."""

from __future__ import annotations

import discord
import structlog

from bots.discord import layout
from common import texts

log = structlog.get_logger()


async def greet(caller: discord.Client, guild: discord.Guild) -> None:
    """Tell the one who let us in, and nobody else, what to do."""
    log.info("guild_joined", guild=guild.id)
    with texts.speaking(guild.preferred_locale.value.partition("-")[0]):
        text = texts.say("discord.joined", guild=layout.escape(guild.name))
        try:
            user = await caller.fetch_user(await installer(guild))
            await user.send(view=layout.words(text))
        except discord.HTTPException as error:
            log.info("nobody_told", guild=guild.id, error=str(error))


async def installer(guild: discord.Guild) -> int:
    """Return who let the bot into a guild, as far as we may know; else its owner."""
    if guild.me.guild_permissions.view_audit_log:
        action = discord.AuditLogAction.bot_add
        async for entry in guild.audit_logs(action=action, limit=10):
            if getattr(entry.target, "id", 0) == guild.me.id and entry.user_id is not None:
                return entry.user_id
    return guild.owner_id or 0
