"""What the bot must be allowed to do where it is asked, and which of it is missing."""

from __future__ import annotations

from typing import Any

import discord

from bots.discord.hearing import is_foreign
from common import texts

NEEDED = discord.Permissions(
    view_channel=True,
    send_messages=True,
    send_messages_in_threads=True,
    attach_files=True,
    read_message_history=True,
)
"""What the invite link asks for; embedding links or managing anything is not needed."""
SCOPES = ("bot", "applications.commands")


def invite(application: int) -> str:
    """Return the address at which a moderator lets the bot into a server."""
    return discord.utils.oauth_url(application, permissions=NEEDED, scopes=SCOPES)


def missing(interaction: discord.Interaction[Any], language: str | None) -> str:
    """Return the sentence that names what the bot lacks to answer with pictures here, or ""."""
    if interaction.guild_id is None or is_foreign(interaction):
        return ""
    return sentence(interaction.app_permissions, interaction.channel, language)


def sentence(granted: discord.Permissions, channel: object, language: str | None) -> str:
    """Return the sentence that names what is lacking in a channel, or ""."""
    thread = isinstance(channel, discord.Thread)
    needed = {
        "view_channel": granted.view_channel,
        "send_messages_in_threads": granted.send_messages_in_threads,
        "send_messages": granted.send_messages,
        "attach_files": granted.attach_files,
        "read_message_history": granted.read_message_history,
    }
    needed.pop("send_messages" if thread else "send_messages_in_threads")
    lacking = [name for name, there in needed.items() if not there]
    if not lacking:
        return ""
    with texts.speaking(language):
        names = ", ".join(texts.say(f"discord_permissions.{name}") for name in lacking)
        return texts.say("discord.missing_permission", permissions=names)
