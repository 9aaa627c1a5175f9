"""The objects Discord's API speaks of, as plain JSON values with all the fields it promises."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

EPOCH_MS = 1_420_070_400_000
ALL_PERMISSIONS = (1 << 53) - 1
ALL_BUT_ADMIN = ALL_PERMISSIONS & ~(1 << 3)
EVERYBODY = (1 << 10) | (1 << 11) | (1 << 15) | (1 << 16) | (1 << 31) | (1 << 38)
"""View, send, attach, read history, use commands, send in threads."""
MANAGE_GUILD = 1 << 5
MANAGE_MESSAGES = 1 << 13
COMPONENTS_V2 = 1 << 15
EPHEMERAL = 1 << 6
LOADING = 1 << 7

Payload = dict[str, Any]


def iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def snowflake(seconds: float, number: int) -> str:
    return str(((int(seconds * 1000) - EPOCH_MS) << 22) | (number & 0x3FFFFF))


def moment(flake: str) -> float:
    """Return the Unix time a snowflake was made at."""
    return ((int(flake) >> 22) + EPOCH_MS) / 1000


def user(flake: str, name: str, *, bot: bool = False) -> Payload:
    return {
        "id": flake,
        "username": name.lower(),
        "global_name": name,
        "avatar": None,
        "discriminator": "0",
        "public_flags": 0,
        "flags": 0,
        "bot": bot,
        "primary_guild": None,
    }


def member(of: Payload, joined: float, *, roles: tuple[str, ...] = ()) -> Payload:
    return {
        "user": of,
        "nick": None,
        "avatar": None,
        "banner": None,
        "roles": list(roles),
        "joined_at": iso(joined),
        "premium_since": None,
        "communication_disabled_until": None,
        "flags": 0,
        "pending": False,
        "mute": False,
        "deaf": False,
    }


def role(flake: str, name: str, permissions: int) -> Payload:
    return {
        "id": flake,
        "name": name,
        "description": None,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "icon": None,
        "unicode_emoji": None,
        "position": 0,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": False,
        "flags": 0,
    }


def guild(flake: str, name: str, owner: str, roles: list[Payload], locale: str) -> Payload:
    return {
        "id": flake,
        "name": name,
        "icon": None,
        "splash": None,
        "discovery_splash": None,
        "banner": None,
        "description": None,
        "owner_id": owner,
        "afk_channel_id": None,
        "afk_timeout": 300,
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "roles": roles,
        "emojis": [],
        "stickers": [],
        "features": [],
        "mfa_level": 0,
        "application_id": None,
        "system_channel_id": None,
        "system_channel_flags": 0,
        "rules_channel_id": None,
        "public_updates_channel_id": None,
        "vanity_url_code": None,
        "premium_tier": 0,
        "premium_subscription_count": 0,
        "premium_progress_bar_enabled": False,
        "preferred_locale": locale,
        "nsfw_level": 0,
        "nsfw": False,
    }


def channel(flake: str, kind: int, guild_id: str, name: str, *, nsfw: bool) -> Payload:
    return {
        "id": flake,
        "type": kind,
        "guild_id": guild_id,
        "name": name,
        "position": 0,
        "flags": 0,
        "nsfw": nsfw,
        "parent_id": None,
        "topic": None,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "permission_overwrites": [],
    }


def thread(flake: str, parent: Payload, name: str, owner: str, now: float) -> Payload:
    return {
        "id": flake,
        "type": 11,
        "guild_id": parent["guild_id"],
        "parent_id": parent["id"],
        "name": name,
        "owner_id": owner,
        "flags": 0,
        "last_message_id": None,
        "rate_limit_per_user": 0,
        "message_count": 0,
        "member_count": 1,
        "total_message_sent": 0,
        "thread_metadata": {
            "archived": False,
            "archive_timestamp": iso(now),
            "auto_archive_duration": 1440,
            "locked": False,
            "create_timestamp": iso(now),
        },
    }


def direct(flake: str, recipient: Payload) -> Payload:
    return {
        "id": flake,
        "type": 1,
        "flags": 0,
        "last_message_id": None,
        "recipients": [recipient],
    }


def message(flake: str, channel_id: str, author: Payload, now: float) -> Payload:
    return {
        "id": flake,
        "type": 0,
        "channel_id": channel_id,
        "author": author,
        "content": "",
        "timestamp": iso(now),
        "edited_timestamp": None,
        "tts": False,
        "mention_everyone": False,
        "mentions": [],
        "mention_roles": [],
        "attachments": [],
        "embeds": [],
        "components": [],
        "pinned": False,
        "flags": 0,
    }


def application(flake: str, name: str, owner: Payload, bot: Payload) -> Payload:
    return {
        "id": flake,
        "name": name,
        "icon": None,
        "description": "",
        "summary": "",
        "type": None,
        "bot": bot,
        "bot_public": True,
        "bot_require_code_grant": False,
        "verify_key": "0" * 64,
        "flags": 0,
        "flags_new": "0",
        "redirect_uris": [],
        "interactions_endpoint_url": None,
        "role_connections_verification_url": None,
        "owner": owner,
        "approximate_guild_count": 1,
        "approximate_user_install_count": 0,
        "approximate_user_authorization_count": 0,
        "explicit_content_filter": 0,
        "team": None,
        "eligible_oauth2_scopes": [],
        "integration_types_config": {"0": {}, "1": {}},
    }
