"""Chat platforms as the harness sees them, and how to put another one under it.

A platform of its own needs a fake server in `tests/fakes/` and some ten lines here: a class with
the members of `Platform`, added to `PLATFORMS`. The fake has to run on this event loop, be an
aiohttp application that takes `middlewares` (the gate that numbers exchanges and strikes), give
times by `clock`, and let a test read what was posted. Run it with
`CRASH_PLATFORM=name make crash`. The adapter is the real one, found by its entry point:

    class Mastodon:
        platform = "mastodon"

        def __init__(self, clock, middlewares):
            self.fake = FakeMastodon(clock=clock, middlewares=middlewares)
            self.start, self.stop = self.fake.start, self.fake.stop

        def section(self):
            return {"url": self.fake.url, "token": "secret"}

        def say(self, text, person, parent=None):
            return self.fake.write(f"@painter {text}", by=person, reply_to=parent)

        def delete(self, event):
            self.fake.delete(event)

        def redeliver(self, event):
            self.fake.notify_again(event)

        def answers(self, event):
            return [answer(post.id, post.text) for post in self.fake.replies_to(event)]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from tests.fakes.chat import FakeChat

MARK = re.compile(r"\((\d+)/(\d+)\)\s*$")
"""How the core numbers the parts of a long answer."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A post of the bot below what somebody wrote."""

    post: str
    part: int
    total: int
    text: str
    pictures: int


def answer(post: str, text: str, pictures: int = 0) -> Answer:
    """Read an answer's part off its text."""
    found = MARK.search(text)
    part, total = (int(found[1]), int(found[2])) if found else (1, 1)
    return Answer(post, part, total, text, pictures)


class Platform(Protocol):
    platform: str
    """Name of the adapter's entry point."""

    def __init__(self, clock: Callable[[], float], middlewares: tuple[Any, ...]) -> None: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...
    def section(self) -> dict[str, Any]:
        """Return the account's section of config.yaml."""

    def say(self, text: str, person: str, parent: str | None = None) -> str:
        """Let somebody write to the bot, below its post `parent`; returns the event's id."""

    def delete(self, event: str) -> None:
        """Let whoever wrote it delete it."""

    def redeliver(self, event: str) -> None:
        """Deliver it once more."""

    def answers(self, event: str) -> Sequence[Answer]:
        """Return all posts of the bot below it."""


class Chat:
    """The fake chat, which takes the same reply twice."""

    platform = "chat"
    idempotent = False

    def __init__(self, clock, middlewares=()):
        self.fake = FakeChat(clock=clock, middlewares=middlewares, idempotent=self.idempotent)
        self.start, self.stop = self.fake.start, self.fake.stop
        self.say, self.delete, self.redeliver = self.fake.say, self.fake.delete, self.fake.redeliver

    def section(self):
        return {"url": self.fake.url}

    def answers(self, event):
        return [
            Answer(post.id, post.part, post.total, post.text, len(post.pictures))
            for post in self.fake.messages[event].posts
        ]


PLATFORMS: dict[str, type[Platform]] = {"chat": Chat}
