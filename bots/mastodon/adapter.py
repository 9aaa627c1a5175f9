"""The bot on Mastodon, and on servers that speak its API (Pleroma, GoToSocial, snac, Takahe)."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Collection, Mapping, Sequence
from contextlib import aclosing, suppress
from typing import Any, Self

import structlog
from mastodon import Mastodon

from bots.mastodon.answering import body, warning
from bots.mastodon.calls import UNKNOWN_TOKEN, Calls, connect
from bots.mastodon.ear import Ear
from bots.mastodon.hearing import Told, read_deletion
from bots.mastodon.mentions import accept_all, begin, missed
from bots.mastodon.polling import Polls
from bots.mastodon.profile import Profile
from bots.mastodon.server import Server, ask_server, unknown
from bots.mastodon.settings import MastodonSection
from bots.mastodon.showing import Showing
from bots.mastodon.stream import Deleted, Mentioned, Stream, Turned
from bots.mastodon.uploads import Uploads
from bots.mastodon.visibility import Visibility
from common.config import read_account
from common.errors import PlatformError, PlatformRefused, StartupError
from common.findings import Finding
from common.model import Incoming, Outcome, Part, Progress
from request.adapter import Capabilities
from request.kept.watching import Watch
from request.lending import Services

log = structlog.get_logger()

POSTS = 40
"""Posts of our own that are looked at to count them."""
RESERVED = 110
"""Characters of a post kept for the asker's name and a content warning."""
REPLY_TIMEOUT = 40.0
LOOKS = 5
"""Requests that are looked at each time, whether they are still there."""


class MastodonAdapter(Showing, Polls):
    """An account on a server that speaks Mastodon's API. Post ids are the server's."""

    def __init__(self, name: str, section: MastodonSection, services: Services) -> None:
        self.name = name
        self.url = section.url.rstrip("/")
        self._section = section
        self._services = services
        self._me: Mapping[str, Any] = {}
        self._visibility = Visibility(section.caps)
        self._watch = Watch(services.database, name)
        self._settle(unknown(self.url))

    def _settle(self, server: Server) -> None:
        """Take what holds on the server."""
        self._server = server
        self._calls = Calls(self.name, self._connect())
        self._uploads = Uploads(self._calls, server)
        self.capabilities = Capabilities(
            text_length=max(100, server.characters - RESERVED - len(self._section.footer)),
            pictures_per_reply=server.media,
            picture_bytes=server.picture_bytes,
            formats=server.formats,
            private_replies=True,
            poll_options=server.poll_options if self._section.poll_minutes else 0,
            poll_posts=server.poll_options,
            reply_timeout=REPLY_TIMEOUT,
        )

    def _connect(self) -> Mastodon:
        return connect(self.url, self._section.token.get_secret_value(), self._server.version)

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Ask the server what it is and who we are; one that is down is asked again later.

        Raises ConfigError or StartupError.
        """
        adapter = cls(name, read_account(MastodonSection, name, section), services)
        try:
            await adapter._meet()
        except PlatformError as error:
            if error.values.get("status") == UNKNOWN_TOKEN or isinstance(error, PlatformRefused):
                problem = error.values.get("problem", error)
                raise StartupError("mastodon.not_let_in", account=name, problem=problem) from error
            log.warning("server_not_met", account=name, problem=str(error))
        return adapter

    async def _meet(self) -> None:
        """Learn what holds on the server and who we are. Raises PlatformError."""
        server = await ask_server(self.url)
        self._calls.close()
        self._settle(server)
        me = await self._calls("account_verify_credentials")
        if self._visibility.counts:
            posts = await self._calls("account_statuses", me["id"], limit=POSTS)
            self._visibility.recall(
                (post["created_at"].timestamp(), post["visibility"]) for post in posts
            )
        self._me = me
        self._ear = Ear(self.name, self._calls, server, me, self._section)

    # --- hearing -----------------------------------------------------------------------------

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield mentions and deletions; the stream is open before what it missed is asked for."""
        self._position = await self._first_position()
        stream = Stream(self.name, self._connect)
        try:
            while True:
                caught_up = False
                try:
                    async with aclosing(self._catch_up()) as caught:
                        async for missing in caught:
                            yield missing
                    caught_up = True
                except PlatformError as error:
                    log.warning("not_caught_up", account=self.name, problem=str(error))
                due = time.monotonic() + self._pause(streaming=stream.open and caught_up)
                while event := await stream.next(due - time.monotonic()):
                    match event:
                        case Turned():
                            break
                        case Mentioned(notification):
                            if incoming := await self._hear_streamed(notification["status"]):
                                yield incoming
                        case Deleted(post):
                            yield read_deletion(self.name, post)
        finally:
            stream.close()

    async def _catch_up(self) -> AsyncGenerator[Incoming, None]:
        """Yield what no stream has told of: mentions, and what was asked and is gone."""
        async for notification in missed(self._calls, self._position):
            self._position = str(notification["id"])
            if incoming := await self._ear.hear(notification["status"], self._position):
                yield incoming
        for deleted in await self._watch.gone(LOOKS, self._ear.is_gone):
            yield deleted

    def _pause(self, *, streaming: bool) -> float:
        return self._section.catch_up_seconds if streaming else self._section.poll_seconds

    async def _first_position(self) -> str:
        """Return where catching up starts, as soon as the server lets us know."""
        while True:
            try:
                if not self._me:
                    await self._meet()
                await accept_all(self._calls)
                return await begin(self._calls, self._services.cursors, self.name)
            except PlatformError as error:
                log.warning("server_not_met", account=self.name, problem=str(error))
                await asyncio.sleep(self._section.poll_seconds)

    async def _hear_streamed(self, status: Told) -> Incoming | None:
        """Return what somebody wrote; where more cannot be learnt now, catching up does it."""
        try:
            return await self._ear.hear(status)
        except PlatformError as error:
            log.warning("mention_put_off", account=self.name, problem=str(error))
            return None

    # --- answering ---------------------------------------------------------------------------

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Favourite the request as a receipt."""
        del progress
        await self._calls("status_favourite", incoming.event)

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post a part for the asker alone to be notified of; the same part is posted once."""
        media, left_out = await self._uploads.take(incoming.event, part.pictures)
        asked, section = incoming.context, self._section
        shown_to = self._visibility.choose(
            asked["visibility"], time.time(), private=outcome.private
        )
        most, footer = self._server.characters, section.footer
        text = body(asked["acct"], part.text, most=most, left_out=left_out, footer=footer)
        room = most - len(text)
        adult = (await self._services.places.of(incoming)).nsfw
        own = section.content_warning if media else ""
        post = await self._calls(
            "status_post",
            text,
            in_reply_to_id=incoming.event,
            media_ids=media or None,
            visibility=shown_to,
            sensitive=bool(media) and (outcome.spoiler or adult or bool(asked["sensitive"])),
            spoiler_text=warning(asked["warning"], own, room=room) or None,
            language=incoming.language,
            idempotency_key=f"{incoming.event}:{part.number}",
        )
        self._visibility.note(time.time(), shown_to)
        self._uploads.posted(incoming.event)
        return str(post["id"])

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the id of a part already posted: our oldest direct reply that is not known.

        Raises PlatformRefused if the request is gone.
        """
        del part  # parts are posted one after the other
        context = await self._calls("status_context", incoming.event)
        own = [
            str(post["id"])
            for post in context["descendants"]
            if str(post["account"]["id"]) == str(self._me["id"])
            and str(post["in_reply_to_id"]) == incoming.event
            and str(post["id"]) not in known
        ]
        return min(own, key=lambda one: (len(one), one), default=None)

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Delete one of our posts; one that is gone already is fine."""
        del incoming
        with suppress(PlatformRefused):
            await self._calls("status_delete", post)

    async def examine(self, *, fix: bool) -> Sequence[Finding]:
        """Look the account and its profile over; with `fix`, set what servers ask of bots."""
        what = f"account {self.name}"
        try:
            if not self._me:
                await self._meet()
            owner = self._section.owner
            language = self._services.live().place(self.name, "").language
            profile = Profile(what, self._calls, self._server, owner, language=language)
            return await profile.examine(fix=fix)
        except PlatformError as error:
            return [Finding(what, ok=False, sentence=str(error))]

    async def close(self) -> None:
        """Make no more calls."""
        self._calls.close()
