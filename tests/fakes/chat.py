"""A chat platform behind HTTP: people write, the bot reads its unread list and replies.

It is what the platforms have in common and no more: events stay unread until the bot says that it
has them, each may be delivered several times, a reply is an upload that cannot be taken back, and
the bot finds its own replies by asking for them. It keeps a journal and takes scripted faults.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from tests.fakes.server import FakeServer

LONG_POLL = 20.0
"""Seconds the unread list waits for something to be on it."""
PAGE = 20


@dataclass(frozen=True, slots=True)
class Post:
    """A reply of the bot."""

    id: str
    event: str
    part: int
    total: int
    text: str
    pictures: tuple[str, ...]
    """Their SHA-256."""


@dataclass(slots=True)
class Message:
    """What a person wrote."""

    event: str
    person: str
    text: str
    created: float
    parent: str | None = None
    deleted: bool = False
    posts: list[Post] = field(default_factory=list)
    """Every reply there ever was, removed ones too."""
    progress: int = 0


@dataclass(slots=True)
class Copy:
    """What the bot has put on the wall."""

    id: str
    text: str
    pictures: tuple[str, ...]
    removed: bool = False


class FakeChat(FakeServer):
    """The platform. `idempotent` ones know a reply by the key it was sent with.

    Routes: unread, read, progress, replies, reply, wall, publish, unpublish.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float],
        idempotent: bool = False,
        twice: int = 3,
    ) -> None:
        super().__init__(clock=clock)
        self.messages: dict[str, Message] = {}
        self.wall: dict[str, Copy] = {}
        """All that was ever put there, removed ones too."""
        self.idempotent = idempotent
        self.twice = twice
        """Every so-manieth event is on the unread list twice; 0: none."""
        self._next = 1
        self._unread: dict[str, dict[str, Any]] = {}
        self._by_key: dict[str, Post] = {}
        self._arrived = asyncio.Event()

    # --- what people do ---------------------------------------------------------------------

    def say(self, text: str, person: str, parent: str | None = None) -> str:
        """Write something to the bot; returns the id of it."""
        event = f"m{self._number()}"
        message = Message(event, person, text, self._clock(), parent)
        self.messages[event] = message
        self._deliver(message, "message")
        return event

    def delete(self, event: str) -> None:
        message = self.messages[event]
        message.deleted = True
        self._deliver(message, "deletion")

    def redeliver(self, event: str) -> None:
        """Put a message on the unread list again, as if it were new."""
        if not self.messages[event].deleted:
            self._deliver(self.messages[event], "message")

    def next_number(self) -> int:
        """Return the number in the id of whatever comes into being next."""
        return self._next

    def _number(self) -> int:
        self._next += 1
        return self._next - 1

    def _deliver(self, message: Message, kind: str) -> None:
        number = self._number()
        notes = 2 if self.twice and number % self.twice == 0 else 1
        for copy in range(notes):
            self._unread[f"n{number}.{copy}"] = {
                "note": f"n{number}.{copy}",
                "kind": kind,
                "event": message.event,
                "person": message.person,
                "text": message.text,
                "created": message.created,
                "parent": message.parent,
            }
        self._arrived.set()

    # --- its life ---------------------------------------------------------------------------

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(
            [
                web.get("/unread", self._list_unread, name="unread"),
                web.delete("/unread/{note}", self._read, name="read"),
                web.put("/messages/{event}/progress", self._progress, name="progress"),
                web.get("/messages/{event}/replies", self._replies, name="replies"),
                web.post("/messages/{event}/replies", self._reply, name="reply"),
                web.get("/wall", self._list_wall, name="wall"),
                web.post("/wall", self._publish, name="publish"),
                web.delete("/wall/{id}", self._unpublish, name="unpublish"),
            ]
        )

    async def hang_up(self) -> None:
        self._arrived.set()

    async def body_of(self, request: web.Request) -> Any:
        await request.read()  # what did not arrive whole is not acted on

    # --- what the bot asks ------------------------------------------------------------------

    async def _list_unread(self, request: web.Request) -> web.Response:
        """List what is unread, oldest first; wait a while if nothing is."""
        if not self._unread:
            self._arrived.clear()
            try:
                async with asyncio.timeout(LONG_POLL):
                    await self._arrived.wait()
            except TimeoutError:
                pass
        return web.json_response(list(itertools.islice(self._unread.values(), PAGE)))

    async def _read(self, request: web.Request) -> web.Response:
        self._unread.pop(request.match_info["note"], None)
        return web.json_response({})

    async def _progress(self, request: web.Request) -> web.Response:
        self._find(request).progress += 1
        return web.json_response({})

    async def _replies(self, request: web.Request) -> web.Response:
        posts = self.messages[request.match_info["event"]].posts
        return web.json_response([{"id": post.id, "part": post.part} for post in posts])

    async def _reply(self, request: web.Request) -> web.Response:
        message = self._find(request)
        key = request.headers.get("Idempotency-Key", "")
        if self.idempotent and key in self._by_key:
            return web.json_response({"id": self._by_key[key].id})
        fields = await request.json()
        post = Post(
            f"p{self._number()}",
            message.event,
            fields["part"],
            fields["total"],
            fields["text"],
            tuple(fields["pictures"]),
        )
        message.posts.append(post)
        self._by_key[key] = post
        return web.json_response({"id": post.id})

    async def _list_wall(self, request: web.Request) -> web.Response:
        there = [one for one in self.wall.values() if not one.removed]
        return web.json_response([{"id": one.id, "text": one.text} for one in there])

    async def _publish(self, request: web.Request) -> web.Response:
        fields = await request.json()
        copy = Copy(f"w{self._number()}", fields["text"], tuple(fields["pictures"]))
        self.wall[copy.id] = copy
        return web.json_response({"id": copy.id})

    async def _unpublish(self, request: web.Request) -> web.Response:
        if (copy := self.wall.get(request.match_info["id"])) is not None:
            copy.removed = True
        return web.json_response({})

    def _find(self, request: web.Request) -> Message:
        message = self.messages.get(request.match_info["event"])
        if message is None or message.deleted:
            raise web.HTTPNotFound(text="That message does not exist.")
        return message
