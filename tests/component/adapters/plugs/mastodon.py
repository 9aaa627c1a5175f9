"""Mastodon, by its fake server."""

from __future__ import annotations

import time
from collections.abc import Callable

from bots.shared.markup import plain_text
from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes import faults
from tests.fakes.mastodon import FakeMastodon


class MastodonPlug(Plug):
    """People on another server mention the bot."""

    name = "mastodon"
    module = "bots.mastodon.adapter"
    can = frozenset(Can)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.server = FakeMastodon(clock=clock)
        self.server.limits = {}
        self._looks = 0
        """Looks for mentions before the bot was started."""

    async def __aenter__(self):
        await self.server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.server.stop()

    def section(self):
        self._looks = self.server.journal.count("notifications")
        pace = {"poll_seconds": 0.2, "catch_up_seconds": 5}
        return {"url": self.server.url, "token": self.server.token, **pace}

    async def attached(self, adapter) -> None:
        await self.server.until(
            lambda: self.server.journal.count("notifications") >= self._looks + 2
        )
        await self.server.streaming()

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        acct = f"{person}@elsewhere.example"
        self.server.person(acct, bot=bot)
        return self.server.say(acct, text, reply_to=reply_to)

    async def answers(self, said: str) -> list[Answer]:
        return [self._seen(post) for post in self.server.answers(said)]

    def _seen(self, post) -> Answer:
        return Answer(
            id=post.id,
            text=plain_text(self.server.community.entity(post)["content"]),
            pictures=len(post.media),
            alts=tuple(media.description for media in post.media),
        )

    async def shown(self) -> list[Answer]:
        posts = self.server.community.posts.values()
        own = [one for one in posts if one.author is self.server.bot and one.parent is None]
        return [self._seen(one) for one in own]

    async def delete(self, said: str) -> None:
        self.server.delete(said)

    async def vanish(self, said: str) -> None:
        del self.server.community.posts[said]

    async def repeat(self, said: str) -> None:
        self.server.repeat(said)

    def lose_next_post(self) -> None:
        self.server.fail("post_status", faults.lose())

    def limit_next_post(self) -> None:
        self.server.fail("post_status", faults.answer(429, '{"error": "Too many requests"}'))

    async def down(self) -> None:
        await self.server.stop()

    async def up(self) -> None:
        await self.server.start()


PLUG = MastodonPlug
