"""Lemmy 0.19, by its fake server."""

from __future__ import annotations

import re
import time
from collections.abc import Callable

from bots.shared.markdown import plain
from tests.component.adapters.plug import Answer, Can, Plug
from tests.fakes import faults
from tests.fakes.lemmy import FakeLemmy
from tests.waiting import wait_until

PICTURE = re.compile(r"!\[((?:[^\]\\]|\\.)*)\]")
IN_GRID = re.compile(r"(?:^| )\d+: ")


class LemmyPlug(Plug):
    """People of another server mention the bot under a post, or reply to its comments."""

    name = "lemmy"
    module = "bots.lemmy.adapter"
    can = frozenset(Can)

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self.server = FakeLemmy("0.19", clock=clock)
        self.world = self.server.world
        self._post = self.world.post(self.world.community("pictures"))
        self._people = {}

    async def __aenter__(self):
        for kind in ("comment", "image", "message", "post", "register"):
            self.server.limits.rates[kind] = (100_000, 60)
        await self.server.start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self.server.stop()

    def section(self):
        login = {"username": self.world.bot.name, "password": self.server.password}
        return {"url": self.server.url, **login, "uploads_per_hour": 1000, "poll_seconds": 0.1}

    async def attached(self, adapter) -> None:
        looks = self.server.journal.count("messages")
        await wait_until(lambda: self.server.journal.count("messages") != looks)

    async def say(self, text, *, person="ann", reply_to=None, bot=False) -> str:
        if person not in self._people:
            self._people[person] = self.world.person(person, host="elsewhere.example", bot=bot)
        parent = None if reply_to is None else self._comment(reply_to)
        if parent is None:
            text = f"@{self.world.bot.name} {text}"
        said = self.world.comment(self._people[person], text, post=self._post, parent=parent)
        return f"comment:{said.id}"

    async def say_long_ago(self, text, *, person="ann") -> str:
        writer = self.world.person(person, host="elsewhere.example")
        words = f"@{self.world.bot.name} {text}"
        said = self.world.comment(writer, words, post=self._post, age=3600.0)
        return f"comment:{said.id}"

    def _comment(self, name: str):
        return self.world.comments[int(name.removeprefix("comment:"))]

    async def answers(self, said: str) -> list[Answer]:
        return [_seen(one) for one in self.world.answers_to(self._comment(said))]

    def wall(self) -> str:
        return "pictures"

    async def shown(self) -> list[Answer]:
        found = []
        for post in self.world.posts.values():
            if post.creator is self.world.bot and not post.deleted:
                assert not post.url or post.url.rsplit("/", 1)[1] in self.world.images
                text = plain(post.body).text
                found.append(Answer(f"post:{post.id}", text, bool(post.url), (post.alt,)))
        return found

    async def delete(self, said: str) -> None:
        self._comment(said).deleted = True

    async def vanish(self, said: str) -> None:
        self._comment(said).deleted = True

    async def repeat(self, said: str) -> None:
        self.world.notify("mention", self._comment(said))

    def lose_next_post(self) -> None:
        self.server.fail("comment", faults.lose())

    def limit_next_post(self) -> None:
        self.server.fail("comment", faults.answer(400, '{"error": "rate_limit_error"}'))

    async def down(self) -> None:
        await self.server.stop()

    async def up(self) -> None:
        await self.server.start()


def _seen(comment) -> Answer:
    """Return an answer as people see it; a grid shows several pictures."""
    alts = []
    for alt in PICTURE.findall(comment.content):
        words = plain(alt).text
        alts += [one for one in IN_GRID.split(words) if one]
    return Answer(
        id=f"comment:{comment.id}",
        text=plain(comment.content).text,
        pictures=len(alts),
        alts=tuple(alts),
    )


PLUG = LemmyPlug
