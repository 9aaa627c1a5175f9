"""Lemmy: mentions, answers and private messages are polled; answers are comments."""

from __future__ import annotations

import asyncio
import time
from collections.abc import (
    AsyncGenerator,
    AsyncIterator,
    Awaitable,
    Callable,
    Collection,
    Mapping,
    Sequence,
)
from contextlib import aclosing
from typing import Any, Self

import aiohttp
import structlog

from bots.lemmy.client import LemmyClient
from bots.lemmy.detection import open_client
from bots.lemmy.hearing import heard
from bots.lemmy.profile import examine
from bots.lemmy.session import Account
from bots.lemmy.settings import LemmySection
from bots.lemmy.showcase import Showing
from bots.lemmy.tokens import TokenFile
from bots.lemmy.transport import Missing, WrongPassword
from bots.lemmy.uploads import Uploads, remove_answer
from bots.lemmy.wire import Comment
from bots.lemmy.writing import Target, answer, mark_of
from bots.shared.budget import Budget
from bots.shared.inbox import looked_into
from bots.shared.markdown import LEMMY
from bots.shared.waiting import MARK, notice
from common.config import read_account
from common.errors import PlatformError, PlatformRefused, StartupError
from common.findings import Finding
from common.horde.transport import client_agent
from common.model import Incoming, Outcome, Part, Progress
from request.adapter import Capabilities
from request.kept.watching import Watch
from request.lending import Services

log = structlog.get_logger()

HOUR = 3600.0
LOOKS = 8
"""Requests that are looked at each time, whether they are still there."""


class LemmyAdapter(Showing):
    """One account on a Lemmy server. Ids are `comment:5`, `post:5` and `message:5`."""

    def __init__(
        self,
        name: str,
        section: LemmySection,
        services: Services,
        session: aiohttp.ClientSession,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.url = section.url.rstrip("/")
        self.capabilities = Capabilities(
            text_length=4000,
            pictures_per_reply=20,
            picture_bytes=10_000_000,
            titles=True,
            opt_in=section.opt_in,
            quiet=True,
            receipt_after=120.0,
            reply_timeout=45.0,
        )
        self._section = section
        self._services = services
        self._session = session
        self._sleep = sleep
        self._now = now
        self._opening = asyncio.Lock()
        self._client: LemmyClient | None = None
        self._uploads = Uploads(services.config.web.public_url)
        self._watch = Watch(services.database, name, now=now)
        self._comments = Budget(1, 1.0)  # as many as the server lets us write, once that is known

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Check the section and log in. A server that does not answer is asked again later."""
        settings = read_account(LemmySection, name, section)
        adapter = cls(name, settings, services, aiohttp.ClientSession())
        try:
            await adapter._ready()
        except WrongPassword as error:
            await adapter.close()
            raise StartupError("startup.failed", problem=error) from error
        except PlatformError as error:
            log.warning("account_unreachable", account=name, problem=str(error))
        return adapter

    async def _ready(self) -> LemmyClient:
        """Return the client, finding out which API the server has if that is not known."""
        async with self._opening:
            if self._client is None:
                section = self._section
                path = self._services.config.data_dir / f"lemmy-{self.name}.token"
                self._client = await open_client(
                    self.url,
                    Account(username=section.username, password=section.password),
                    TokenFile(path, url=self.url, username=section.username),
                    self._session,
                    agent=client_agent(),
                )
                comments, pictures = self._client.rate("comment"), self._client.rate("image")
                self._comments = Budget(comments.most, comments.seconds)
                most = min(section.uploads_per_hour, int(HOUR / pictures.each))
                self._uploads.budget = Budget(most, HOUR)
            return self._client

    # --- listening --------------------------------------------------------------------------

    def listen(self) -> AsyncIterator[Incoming]:
        """Yield what was said to the bot and is not marked as read; look again and again."""
        every = self._section.poll_seconds
        return looked_into(self._look, every, account=self.name, sleep=self._sleep)

    async def _look(self) -> AsyncGenerator[Incoming, None]:
        """Yield what is unread, and what is gone."""
        client = await self._ready()
        try:
            async with aclosing(self._unread(client)) as unread:
                async for incoming in unread:
                    yield incoming
            for deleted in await self._watch.gone(LOOKS, client.is_gone):
                yield deleted
        except Missing:
            self._client = None  # renewed, perhaps: see what it speaks now
            raise

    async def _unread(self, client: LemmyClient) -> AsyncGenerator[Incoming, None]:
        """Yield what is unread, oldest first; it is marked once it has been written down."""
        if await self._services.cursors.read(self.name) is None:
            await client.mark_all_read()  # what was said before the first start is history
            await self._services.cursors.begin(self.name, f"{self._now():.0f}")
        for told in await client.unread():
            incoming = heard(self.name, client.me, told, client.site.languages)
            if incoming is not None:
                yield incoming
            try:
                await client.mark_read(told)
            except PlatformRefused as error:  # deleted meanwhile
                log.info("not_marked_read", account=self.name, problem=str(error))

    # --- answering --------------------------------------------------------------------------

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Tell whoever has waited long that they are not forgotten, if comments are to spare."""
        target = Target.of(incoming.context)
        client = await self._ready()
        if target.post is None or self._comments.left < 2:
            return
        if any(MARK in own.content for own in await self._own(client, target)):
            return
        await self._write(client, target, notice(progress, LEMMY))

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post a part below what was asked, or to the person who wrote privately."""
        target = Target.of(incoming.context)
        client = await self._ready()
        shown = await self._uploads.show(
            client, incoming.event, part.number, part.pictures, private=target.post is None
        )
        hidden = target.adult or outcome.spoiler
        if target.post is None:
            mark = mark_of(incoming.event, part.number)
            text = answer(part.text, shown, hidden=hidden, mark=mark)
            return f"message:{await client.message(text, recipient=target.person)}"
        return await self._write(client, target, answer(part.text, shown, hidden=hidden))

    async def _write(self, client: LemmyClient, target: Target, text: str) -> str:
        """Write a comment in the language of what it answers; return its id."""
        assert target.post is not None
        self._comments.spend(self.url)
        number = await client.comment(
            text, post=target.post, parent=target.comment, language=target.language
        )
        return f"comment:{number}"

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the id of a part that stands below what was asked: our oldest that is not known.

        Raises PlatformRefused if that is gone: then nothing can be answered any more.
        """
        target = Target.of(incoming.context)
        client = await self._ready()
        if target.post is None:
            mark = mark_of(incoming.event, part)
            views = await client.messages_with(target.person)
            sent = (view.private_message for view in views if view.creator.id == client.me.id)
            found = [message.id for message in sent if mark in message.content]
            return f"message:{found[0]}" if found else None
        own = await self._own(client, target)
        posted = sorted(comment.id for comment in own if MARK not in comment.content)
        fresh = (name for number in posted if (name := f"comment:{number}") not in known)
        return next(fresh, None)

    async def _own(self, client: LemmyClient, target: Target) -> list[Comment]:
        """Return our own comments right below what was asked."""
        assert target.post is not None
        below = await client.comments_below(post=target.post, parent=target.comment)
        comments = [view.comment for view in below]
        for comment in comments:
            if comment.id == target.comment and (comment.deleted or comment.removed):
                raise PlatformRefused("lemmy.asker_gone", url=self.url)
        own = (comment for comment in comments if comment.creator_id == client.me.id)
        return [one for one in own if one.parent == target.comment and not one.deleted]

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Delete one of our posts with its pictures; one that is gone already is fine."""
        client = await self._ready()
        try:
            await remove_answer(client, post)
        except PlatformRefused as error:
            log.info("post_was_gone", event=incoming.event, post=post, problem=str(error))

    async def examine(self, *, fix: bool) -> Sequence[Finding]:
        """Look the account and its profile over; with `fix`, say there what servers ask for."""
        what, own = f"account {self.name}", self._section
        config = self._services.live()
        listed = config.enabled_in(self.name) if own.opt_in else None
        language = config.place(self.name, "").language
        try:
            client = await self._ready()
            return await examine(client, what, own.owner, listed, fix=fix, language=language)
        except PlatformError as error:
            return [Finding(what, ok=False, sentence=str(error))]

    async def close(self) -> None:
        """Stop listening."""
        await self._session.close()
