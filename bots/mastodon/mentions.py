"""What people wrote to us, read from the server's list: oldest first, from where we had got to."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import suppress
from typing import Any

from bots.mastodon.calls import Calls
from bots.mastodon.hearing import later
from common.errors import PlatformError
from request.kept.cursors import Cursors

PAGE = 40
"""Mentions that are asked for at once; some servers give one if nothing is said."""
KINDS = ["mention"]
BEGINNING = "0"
"""Comes before all ids."""
ACCEPT = dict.fromkeys(
    (
        "for_not_following",
        "for_not_followers",
        "for_new_accounts",
        "for_private_mentions",
        "for_limited_accounts",
    ),
    "accept",
)
"""Whose mentions reach the bot: everybody's; the server would put some aside."""


async def accept_all(calls: Calls) -> None:
    """Let everybody's mentions reach us, where a server would put some aside."""
    with suppress(PlatformError):  # there is no such thing there, or no right to change it
        await calls("update_notifications_policy", **ACCEPT)


async def begin(calls: Calls, cursors: Cursors, account: str) -> str:
    """Return the id up to which mentions are known; at the first start the newest there is.

    Raises PlatformError.
    """
    position = await cursors.read(account)
    if position is None:
        newest = await calls("notifications", types=KINDS, limit=1)
        position = str(newest[0]["id"]) if newest else BEGINNING
        await cursors.begin(account, position)
    return position


async def missed(calls: Calls, position: str) -> AsyncIterator[Any]:
    """Yield the mentions after a position, oldest first. Raises PlatformError.

    `min_id` gives the page right above it; `since_id` would give the newest and skip the middle.
    """
    while True:
        page = await calls("notifications", types=KINDS, min_id=position, limit=PAGE)
        fresh = [one for one in reversed(page) if later(str(one["id"]), position)]
        for notification in fresh:
            if notification.get("status"):
                yield notification
        if not fresh:
            return
        position = str(fresh[-1]["id"])
