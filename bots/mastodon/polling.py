"""Asking people which picture they like best, in a post of its own, and counting their votes."""

from __future__ import annotations

import time
from collections.abc import Sequence

from bots.mastodon.calls import Calls
from bots.mastodon.server import Server
from bots.mastodon.settings import MastodonSection
from bots.mastodon.visibility import Visibility
from common.model import Incoming


class Polls:
    """The part of the adapter that asks."""

    _calls: Calls
    _server: Server
    _section: MastodonSection
    _visibility: Visibility

    async def poll(
        self, incoming: Incoming, question: str, options: Sequence[str], *, under: str
    ) -> str:
        """Ask under our post, without calling anybody."""
        shown_to = self._visibility.choose(incoming.context["visibility"], time.time())
        length = self._server.poll_option
        seconds = self._section.poll_minutes * 60
        post = await self._calls(
            "status_post",
            question,
            in_reply_to_id=under,
            visibility=shown_to,
            language=incoming.language,
            poll={"options": [option[:length] for option in options], "expires_in": seconds},
            idempotency_key=f"{incoming.event}:poll",
        )
        self._visibility.note(time.time(), shown_to)
        return str(post["id"])

    async def count(self, post: str) -> list[int] | None:
        """Return the votes of a poll that has ended."""
        poll = (await self._calls("status", post)).get("poll") or {"expired": True, "options": []}
        counts = [int(option["votes_count"] or 0) for option in poll["options"]]
        return counts if poll["expired"] else None
