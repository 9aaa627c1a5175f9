"""The bot's account on Lemmy, looked over: servers want to know a bot, and who answers for it."""

from __future__ import annotations

from collections.abc import Sequence

from bots.lemmy.client import LemmyClient
from common.errors import PlatformRefused
from common.findings import Finding
from common.texts import say, speaking

SAID = ("AI Horde", "stop")
"""What the profile has to speak of, in whatever words."""
MOST_COMMUNITIES = 50
"""Communities of which it is asked whether they are there."""
MOST_WORDS = 300
"""Characters of a profile: servers take no more."""


async def examine(
    client: LemmyClient,
    what: str,
    owner: str,
    enabled: Sequence[str] | None,
    *,
    fix: bool,
    language: str | None = None,
) -> list[Finding]:
    """Say what is well and what is not; with `fix`, set the profile. Raises PlatformError.

    The profile is in `language`; the bot may answer in the communities `enabled` (None: in all).
    """
    await client.look()
    missing = _missing(client, owner)
    if fix and missing:
        own = client.me.bio or ""
        with speaking(language):
            run_by = f" {say('lemmy.operator', owner=owner)}" if owner else ""
            added = say("lemmy.profile") + run_by
        whole = f"{own}\n\n{added}".strip()
        await client.save_settings(bio=whole if len(whole) <= MOST_WORDS else added)
        await client.look()
        missing = _missing(client, owner)
    account = say("lemmy.account", name=client.me.full_name, version=client.site.version)
    return [
        Finding(what, ok=True, sentence=account),
        _finding(what, client.me.bot_account, "bot_flag"),
        _finding(what, not missing, "note"),
        _finding(what, bool(owner), "owner"),
        _finding(what, enabled is None or bool(enabled), "enabled"),
        *await _unknown(client, what, (enabled or ())[:MOST_COMMUNITIES]),
        _finding(what, client.site.takes_pictures, "pictures"),
    ]


async def _unknown(client: LemmyClient, what: str, enabled: Sequence[str]) -> list[Finding]:
    """Return a finding for each community that the server does not have or know."""
    found = []
    for name in enabled:
        try:
            await client.community(name)
        except PlatformRefused:
            found.append(Finding(what, False, say("lemmy.community_missing", name=name)))
    return found


def _missing(client: LemmyClient, owner: str) -> list[str]:
    """Return what the profile does not speak of."""
    bio = (client.me.bio or "").lower()
    return [word for word in (*SAID, *filter(None, [owner])) if word.lower() not in bio]


def _finding(what: str, ok: bool, code: str) -> Finding:
    return Finding(what, ok, say(f"lemmy.{code}" if ok else f"lemmy.{code}_missing"))
