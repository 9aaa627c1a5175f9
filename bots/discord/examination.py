"""The bot's account on Discord, looked over before it serves."""

from __future__ import annotations

import discord

from common import texts
from common.findings import Finding


def findings(account: str, client: discord.Client, invitation: str) -> list[Finding]:
    """Say who we are, where the bot is let into a server, and whether it reads messages."""
    what, user, flags = f"account {account}", client.user, client.application_flags
    name = "" if user is None else user.name
    verified = flags.gateway_message_content or flags.gateway_message_content_limited
    content = "discord.content_on" if verified else "discord.content_off"
    return [
        Finding(what, ok=True, sentence=texts.say("discord.is", name=name)),
        Finding(what, ok=True, sentence=texts.say("discord.invite", url=invitation)),
        Finding(what, ok=True, sentence=texts.say(content)),
    ]
