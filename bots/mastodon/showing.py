"""What an account shows of its own accord: copies of answers, for a showcase."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from bots.mastodon.answering import quiet
from bots.mastodon.calls import Calls
from bots.mastodon.server import Server
from bots.mastodon.settings import MastodonSection
from bots.mastodon.uploads import Uploads
from bots.shared.markup import plain_text
from common import texts
from common.errors import PlatformError, PlatformRefused
from common.model import Incoming
from request.adapter import Publication

SHORTEST_POLL, LONGEST_POLL = 300.0, 28 * 24 * 3600.0
"""Seconds that every server takes."""
LOOKED_AT = 40
"""Newest posts of the account among which a copy is looked for."""
SEEN = frozenset({"public", "unlisted"})


class Showing:
    """The part of the adapter that posts copies; it answers nobody and calls nobody."""

    url: str
    _calls: Calls
    _uploads: Uploads
    _server: Server
    _section: MastodonSection
    _me: Mapping[str, Any]

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of an answer, if everybody can open it."""
        del incoming
        told = await self._calls("status", post)
        return str(told["url"]) if told.get("url") and told.get("visibility") in SEEN else None

    async def publish(self, publication: Publication) -> str:
        """Post a copy of an answer; the same one is posted once."""
        event, section = f"copy:{publication.request}", self._section
        media, _left_out = await self._uploads.take(event, publication.pictures)
        if publication.pictures and not media:
            raise PlatformRefused(platform=self.url, problem=texts.say("mastodon.no_picture"))
        warning = section.content_warning
        more: dict[str, Any] = {}
        if publication.poll:
            length = self._server.poll_option
            options = [option[:length] for option in publication.poll]
            seconds = int(min(max(publication.poll_seconds, SHORTEST_POLL), LONGEST_POLL))
            poll = {"options": options, "expires_in": seconds, "multiple": True}
            more["poll"] = {**poll, "hide_totals": True}
        if publication.under:
            more["in_reply_to_id"] = publication.under
        post = await self._calls(
            "status_post",
            quiet(publication.text, most=self._server.characters - len(warning)),
            media_ids=media or None,
            visibility=section.showcase,
            sensitive=bool(warning),
            spoiler_text=warning or None,
            idempotency_key=event,
            **more,
        )
        self._uploads.posted(event)
        return str(post["id"])

    async def revise(self, publication: Publication, post: str) -> None:
        """Have a copy show what it is to show now. Raises PlatformRefused where nobody edits."""
        event, warning = f"edit:{publication.request}", self._section.content_warning
        media, _left_out = await self._uploads.take(event, publication.pictures)
        await self._calls(
            "status_update",
            post,
            quiet(publication.text, most=self._server.characters - len(warning)),
            spoiler_text=warning or None,
            sensitive=bool(warning),
            media_ids=media or None,
        )
        self._uploads.posted(event)

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy already posted: its text has the request's id."""
        if not self._me:
            raise PlatformError(platform=self.url, problem=texts.say("mastodon.not_met"))
        alone = not publication.under  # then a day's answers do not hide it
        posts = await self._calls(
            "account_statuses", self._me["id"], limit=LOOKED_AT, exclude_replies=alone
        )
        code = f"({publication.request})"
        found = (
            str(post["id"])
            for post in posts
            if post.get("in_reply_to_id") in {None, publication.under}
            and code in plain_text(str(post["content"]))
        )
        return next(found, None)

    async def unpublish(self, to: str, post: str) -> None:
        """Delete a copy; one that is gone already is fine."""
        del to
        with suppress(PlatformRefused):
            await self._calls("status_delete", post)
