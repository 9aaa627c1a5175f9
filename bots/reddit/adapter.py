"""Reddit: the inbox is the queue; pictures are posts in a subreddit of the bot's own."""

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

import structlog

from bots.reddit import hearing, writing
from bots.reddit.calls import Calls, NotLetIn
from bots.reddit.examination import examine
from bots.reddit.posting import Gallery, Posts
from bots.reddit.settings import RedditSection, login_of
from bots.reddit.showcase import Showing
from bots.reddit.subreddits import Subreddits
from bots.shared.inbox import looked_into
from bots.shared.links import picture_address
from bots.shared.markdown import REDDIT
from bots.shared.waiting import notice
from common.config import read_account
from common.errors import (
    ConfigError,
    PlatformError,
    StartupError,
)
from common.findings import Finding
from common.model import Incoming, Outcome, Part, Progress
from request.adapter import Capabilities
from request.kept.watching import Watch
from request.lending import Services

log = structlog.get_logger()

TENDED_EVERY = 600.0
"""Seconds between two looks at how people voted."""
CAPABILITIES = Capabilities(
    text_length=4500,
    pictures_per_reply=20,
    picture_bytes=20_000_000,
    formats=frozenset({"image/png", "image/jpeg"}),
    titles=True,
    opt_in=True,
    quiet=True,
    private_pictures=False,
    receipt_after=120.0,
    reply_timeout=40.0,
)


class RedditAdapter(Showing):
    """One account on Reddit. Ids are full names: `t1_…` is a comment, `t4_…` a message."""

    def __init__(
        self,
        name: str,
        section: RedditSection,
        services: Services,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.name = name
        self.url = f"{section.url}/user/{section.username}"
        self.capabilities = CAPABILITIES
        self._section = section
        self._services = services
        self._sleep = sleep
        self._now = now
        self._calls = Calls(name, login_of(section))
        self._posts = Posts(name, section.username)
        self._subreddits = Subreddits(name, lambda: services.live().communities, now)
        self._watch = Watch(services.database, name, now=now)
        self._tended = now()
        self._begins = False  # true at the first start, until the inbox is read

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Check the section and log in. If Reddit does not answer, it is asked again later."""
        settings = read_account(RedditSection, name, section)
        if settings.refresh_token is None and settings.password is None:
            raise ConfigError("reddit.no_key", account=name)
        if not settings.gallery and not picture_address(services.config.web.public_url, ""):
            raise ConfigError("reddit.no_place", account=name)
        adapter = cls(name, settings, services)
        try:
            await adapter._calls(lambda reddit: reddit.user.me())
        except NotLetIn as error:
            await adapter.close()
            raise StartupError("startup.failed", problem=error) from error
        except PlatformError as error:
            log.warning("account_unreachable", account=name, problem=str(error))
        return adapter

    # --- listening --------------------------------------------------------------------------

    def listen(self) -> AsyncIterator[Incoming]:
        """Yield what is unread in the inbox, oldest first; look again and again."""
        every = self._section.poll_seconds
        return looked_into(self._look, every, account=self.name, sleep=self._sleep)

    async def _look(self) -> AsyncGenerator[Incoming, None]:
        """Yield what is unread and what is gone; then see how people voted."""
        async with aclosing(self._unread()) as unread:
            async for incoming in unread:
                yield incoming
        for deleted in await self._deleted():
            yield deleted
        await self._tend()

    async def _unread(self) -> AsyncGenerator[Incoming, None]:
        """Yield what is unread; it is marked once all of it has been written down."""
        started = await self._started()
        me = self._section.username
        found = await self._calls(lambda reddit: hearing.unread(reddit, me))
        for said in found:
            ours = said.author is not None and said.author.lower() == me.lower()
            if said.created < started or said.by_bot or ours:
                continue
            if said.is_notice:
                log.warning("notice", account=self.name, of=said.subreddit, says=said.subject)
                continue
            here = await self._subreddits.facts(self._calls, await self._ruled_by(said))
            if here.unwanted:
                log.info("bots_unwanted", account=self.name, subreddit=said.subreddit)
                continue
            yield hearing.heard(
                self.name, me, said, community=here.community, moderators=here.moderators
            )
        if found:
            names = [said.name for said in found]
            await self._calls(lambda reddit: hearing.mark_read(reddit, names))
        if self._begins:  # what comes now is new by Reddit's clock, which ours may be ahead of
            newest = max((said.created for said in found), default=0.0)
            await self._services.cursors.note(self.name, str(int(min(started, newest))))
        self._begins = False

    async def _ruled_by(self, said: hearing.Said) -> str:
        """Return whose rules hold: below our own pictures those of where they were asked for.

        A subreddit that the operator lists has its own.
        """
        if not said.below or self._subreddits.listed(said.subreddit):
            return said.subreddit
        for post in (said.parent, said.below):
            asked = await self._services.enquiries.answered_by(self.name, post)
            if asked is not None:
                return asked.incoming.place.community
        return said.subreddit

    async def _deleted(self) -> list[Incoming]:
        """Return what was asked and is gone: Reddit tells nobody, so it is looked at."""
        asked = {one.event: one for one in await self._watch.next(hearing.AT_ONCE)}
        names = [event for event in asked if event.startswith("t1_")]
        if not names:
            return []
        found = await self._calls(lambda reddit: hearing.gone(reddit, names))
        return [asked[event] for event in names if event in found]

    async def _started(self) -> float:
        """Return when the account was started first: what is older is history."""
        cursors = self._services.cursors
        if (known := await cursors.read(self.name)) is None:
            known, self._begins = str(int(self._now())), True
            await cursors.begin(self.name, known)
        return float(known)

    async def _tend(self) -> None:
        """Delete now and then what people voted down."""
        below = self._section.delete_below
        if below is not None and self._now() - self._tended > TENDED_EVERY:
            self._tended = self._now()
            await self._calls(lambda reddit: self._posts.remove_unwanted(reddit, below))

    # --- answering --------------------------------------------------------------------------

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Tell whoever has waited long that they are not forgotten, once."""
        event, text = incoming.event, notice(progress, REDDIT)
        if not event.startswith("t1_"):
            return
        told = await self._calls(lambda reddit: self._posts.find_reply(reddit, event, waiting=True))
        if told is None:
            await self._calls(lambda reddit: self._posts.reply(reddit, event, text))

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post a part: its pictures first, then the answer that leads to them."""
        links = await self._show(incoming, outcome, part) if part.pictures else []
        text = writing.answer(part.text, links, adult=bool(incoming.adult))
        return await self._calls(lambda reddit: self._posts.reply(reddit, incoming.event, text))

    async def _show(self, incoming: Incoming, outcome: Outcome, part: Part) -> list[str]:
        """Return where the pictures of a part can be seen."""
        if not self._section.gallery:
            public = self._services.config.web.public_url
            found = (picture_address(public, picture.sha256) for picture in part.pictures)
            return [address for address in found if address]
        code = writing.code_of(outcome, part)
        wanted = Gallery(
            subreddit=self._section.gallery,
            title=writing.title(part.pictures[0].alt, code),
            code=code,
            pictures=await self._fitted(part.pictures),
            nsfw=bool(incoming.adult),
            spoiler=outcome.spoiler,
            flair=self._section.flair,
        )
        post = await self._calls(lambda reddit: self._posts.publish(reddit, wanted))
        return [writing.address(post)]

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the id of our answer, if it is there. Raises PlatformRefused if nothing can be."""
        del part  # parts are posted one after the other
        return await self._calls(
            lambda reddit: self._posts.find_reply(reddit, incoming.event, known=known)
        )

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Delete an answer and the post of its pictures; one that is gone already is fine."""
        del incoming
        await self._calls(lambda reddit: self._posts.remove(reddit, post))

    async def examine(self, *, fix: bool) -> Sequence[Finding]:
        """Look over whether the account gets in, and has a place for pictures and for answers."""
        del fix  # Reddit has no profile that an application may write
        what, config = f"account {self.name}", self._services.live()
        names = config.enabled_in(self.name)
        try:
            return await self._calls(
                lambda reddit: examine(reddit, what, gallery=self._section.gallery, names=names)
            )
        except PlatformError as error:
            return [Finding(what, ok=False, sentence=str(error))]

    async def close(self) -> None:
        """Make no more calls."""
        self._calls.close()
