"""Who is heard, and what has to be asked of the server to understand them."""

from __future__ import annotations

import structlog

from bots.mastodon.calls import Calls
from bots.mastodon.hearing import (
    Told,
    admitted,
    domain_of,
    pictures_of,
    read_status,
    wants_bots,
)
from bots.mastodon.server import Server
from bots.mastodon.settings import MastodonSection
from common.errors import PlatformRefused
from common.model import Incoming

log = structlog.get_logger()

TURNED_AWAY = {"local": "refused.local_only", "followers": "refused.followers_only"}
"""What people are told who are not served, by the setting `serves`."""

GONE = (404, 410)


class Ear:
    """Turns posts that name the bot into what the core takes."""

    def __init__(
        self, name: str, calls: Calls, server: Server, me: Told, section: MastodonSection
    ) -> None:
        self._name = name
        self._calls = calls
        self._server = server
        self._me = me
        self._section = section

    async def hear(self, status: Told, cursor: str | None = None) -> Incoming | None:
        """Return what somebody wrote, if they are heard. Raises PlatformError.

        Bots are passed over, and who wants none, and servers the operator does not want.
        """
        try:
            author, own = status["account"], self._server.domain
            domain = domain_of(author, own)
            if str(author["id"]) == str(self._me["id"]) or not wants_bots(author):
                return None
            if not admitted(domain, self._section.allow, self._section.deny):
                return None
            return read_status(
                status,
                account=self._name,
                server=own,
                me=self._me,
                owner=self._section.owner,
                turned_away=await self._turned_away(author, local=domain == own),
                parent_pictures=await self._own_pictures(status),
                cursor=cursor,
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            log.exception("mention_unreadable", account=self._name)
            return None

    async def is_gone(self, asked: Incoming) -> bool:
        """Tell whether the post in which something was asked is there no more."""
        try:
            await self._calls("status", asked.event)
        except PlatformRefused as error:
            return error.values.get("status") in GONE
        return False

    async def _turned_away(self, author: Told, *, local: bool) -> str:
        """Return why somebody is not served; "" if they are."""
        serves = self._section.serves
        served = serves == "everyone" or (serves == "local" and local)
        if serves == "followers":
            relations = await self._calls("account_relationships", author["id"])
            served = any(relation["followed_by"] for relation in relations)
        return "" if served else TURNED_AWAY[serves]

    async def _own_pictures(self, status: Told) -> tuple[str, ...]:
        """Return the pictures of the post replied to, if it is the asker's own.

        (The core finds the bot's own by itself.)
        """
        if str(status.get("in_reply_to_account_id")) != str(status["account"]["id"]):
            return ()
        try:
            return pictures_of(await self._calls("status", status["in_reply_to_id"]))
        except PlatformRefused:
            return ()  # gone, or not known here
