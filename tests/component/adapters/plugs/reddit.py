"""Reddit, by its fake server."""

from __future__ import annotations

import time
from collections.abc import Callable

from bots.reddit.writing import post_in
from bots.shared.markdown import plain
from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes import faults
from tests.fakes.reddit import FakeReddit, settings_for
from tests.waiting import wait_until


class RedditPlug(Plug):
    """People mention the bot under a post, or reply to its comments."""

    name = "reddit"
    module = "bots.reddit.adapter"
    can = frozenset(Can)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.server = FakeReddit(clock=clock)
        self.world = self.server.world
        self.world.subreddit("gallery")
        self._post = self.world.post(self.world.subreddit("pictures"))

    async def __aenter__(self):
        await self.server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.server.stop()

    def section(self):
        return {**settings_for(self.server), "gallery": "gallery", "poll_seconds": 0.1}

    async def attached(self, adapter) -> None:
        looks = self.server.journal.count("unread")
        await wait_until(lambda: self.server.journal.count("unread") != looks)

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        author = f"{person}_bot" if bot else person
        parent = None if reply_to is None else self._comment(reply_to)
        if parent is None:
            text = f"u/{self.world.bot} {text}"
        return self.world.comment(author, text, post=self._post, parent=parent).name

    async def say_long_ago(self, text, *, person="ann") -> str:
        words = f"u/{self.world.bot} {text}"
        return self.world.comment(person, words, post=self._post, age=3600.0).name

    def _comment(self, name: str):
        return self.world.comments[name.removeprefix("t1_")]

    async def answers(self, said: str) -> list[Answer]:
        return [self._seen(one) for one in self.world.answers_to(self._comment(said))]

    def _seen(self, comment) -> Answer:
        """Return an answer as people see it, with the pictures of the post it leads to."""
        post = self.world.posts.get(post_in(comment.body) or "")
        alts = () if post is None else tuple(post.captions) or (post.title,)
        pictures = 0 if post is None else len(post.pictures)
        return Answer(comment.name, plain(comment.body).text, pictures, alts)

    def wall(self) -> str:
        return "gallery"

    async def shown(self) -> list[Answer]:
        return [
            Answer(post.name, post.text, len(post.pictures), tuple(post.captions) or (post.title,))
            for post in self.world.posts_of_bot()
        ]

    async def delete(self, said: str) -> None:
        self._comment(said).deleted = True

    async def vanish(self, said: str) -> None:
        self._comment(said).deleted = True

    async def repeat(self, said: str) -> None:
        for note in self.world.inbox:
            note.new = note.new or note.about.name == said

    def lose_next_post(self) -> None:
        self.server.fail("comment", faults.lose())

    def limit_next_post(self) -> None:
        self.world.ratelimit = 1.0

    async def down(self) -> None:
        await self.server.stop()

    async def up(self) -> None:
        await self.server.start()


PLUG = RedditPlug
