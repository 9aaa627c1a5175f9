"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.faults import Fault
from tests.fakes.mastodon.community import BOT, Community
from tests.fakes.mastodon.entities import Person, Post, written
from tests.fakes.mastodon.flavours import MASTODON, Flavour
from tests.fakes.mastodon.posts import Stop
from tests.fakes.mastodon.routes import Routes
from tests.fakes.server import FakeServer

TOKEN = "token-of-the-bot"


class FakeMastodon(FakeServer):
    """A server on a port of its own, with one account that is the bot's: `painter`.

    Attributes may be changed at any time; they hold from then on. `limits` are the calls of a
    route (`all`: of any) that are answered in so many seconds.
    """

    unheard = frozenset({"steering"})

    def __init__(
        self,
        flavour: Flavour = MASTODON,
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, journal=journal, port=port)
        self.flavour = flavour
        self.community = Community(flavour, clock)
        self.routes = Routes(self.community, TOKEN)
        self.limits = {"all": (300, 300.0), "upload": (30, 1800.0), "delete_status": (30, 1800.0)}
        self._calls: dict[str, deque[float]] = defaultdict(deque)

    @property
    def token(self) -> str:
        return TOKEN

    @property
    def bot(self) -> Person:
        return self.community.bot

    def add_routes(self, app: web.Application) -> None:
        self.routes.add_to(app)
        app.router.add_post("/_fake/{verb}", self._steer, name="steering")

    async def start(self) -> None:
        await super().start()
        self.community.base = self.url

    async def hang_up(self) -> None:
        self.drop_streams()

    # --- steering ----------------------------------------------------------------------------

    def drop_streams(self) -> None:
        """End all streams, as a restarted streaming server does."""
        for reader in self.community.readers:
            reader.put_nowait(None)

    async def streaming(self) -> None:
        """Wait until somebody reads along (at most 10 s)."""
        await self.until(lambda: bool(self.community.readers))

    def person(self, acct: str, **values: Any) -> Person:
        """Return somebody, made known or changed: bot, note, follows_bot…"""
        person = self.community.person(acct)
        for name, value in values.items():
            setattr(person, name, value)
        return person

    def say(
        self,
        acct: str,
        text: str,
        *,
        reply_to: str | None = None,
        pictures: Sequence[bytes] = (),
        mention: bool = True,
        streamed: bool = True,
        **more: Any,
    ) -> str:
        """Let somebody write to the bot; return the post's id. Unless `streamed`, nobody is told.

        `more` are visibility, spoiler, sensitive, language, created.
        """
        one = self.community
        author = one.person(acct)
        words = f"@{BOT} {text}" if mention and f"@{BOT}" not in text else text
        post = one.add(author, words, parent=reply_to, media=one.attach(pictures))
        for name, value in more.items():
            setattr(post, name, value)
        if one.bot in post.mentions:
            one.notify("mention", author, post, told=streamed)
        return post.id

    def repeat(self, post_id: str) -> None:
        """Let a mention come once more over the stream."""
        one = self.community
        note = next(note for note in one.notifications if note.post and note.post.id == post_id)
        one.tell("notification", json.dumps(one.notification(note)))

    def delete(self, post_id: str) -> None:
        self.community.remove(post_id)

    def answers(self, post_id: str) -> list[Post]:
        """Return the bot's direct replies to a post, oldest first."""
        posts = self.community.posts.values()
        return [post for post in posts if post.parent == post_id and post.author is self.bot]

    def polls(self, post_id: str) -> list[Post]:
        """Return the bot's polls under its answers to a post."""
        under = {post.id for post in self.answers(post_id)}
        return [
            post for post in self.community.posts.values() if post.parent in under and post.poll
        ]

    async def answered(self, post_id: str, count: int = 1, seconds: float = 30.0) -> list[Post]:
        """Wait until the bot has replied so often."""
        await self.until(lambda: len(self.answers(post_id)) >= count, seconds)
        return self.answers(post_id)

    async def _steer(self, request: web.Request) -> web.Response:
        """Let somebody at a terminal say, delete, fail, and list what the bot posted."""
        given = await request.json() if request.can_read_body else {}
        match request.match_info["verb"]:
            case "say":
                return web.json_response({"id": self.say(given.pop("acct"), **given)})
            case "delete":
                self.delete(given["id"])
            case "drop_streams":
                self.drop_streams()
            case "fail":
                fault = Fault.from_json(given["fault"])
                self.fail(given["route"], fault, given.get("times", 1))
            case "posts":
                posts = [p for p in self.community.posts.values() if p.author is self.bot]
                return web.json_response([self.community.entity(post) for post in posts])
            case _:
                raise web.HTTPNotFound
        return web.json_response({})

    # --- each exchange -----------------------------------------------------------------------

    async def body_of(self, request: web.Request) -> Any:
        """Return the fields of what came, without the bytes of files."""
        if not request.can_read_body:
            return None
        if request.content_type == "application/json":
            return await request.json()
        fields: dict[str, Any] = {}
        for name, value in (await request.post()).items():
            shown = value.filename if isinstance(value, web.FileField) else value
            if name.endswith("[]"):
                fields.setdefault(name.removesuffix("[]"), []).append(shown)
            else:
                fields[name] = shown
        return fields or None

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        if self._over(route) or self._over("all"):
            return self._limited()
        try:
            return await handler(request)
        except Stop as stop:
            return stop.response
        except web.HTTPException as error:
            return web.json_response({"error": error.reason}, status=error.status)

    def _over(self, route: str) -> bool:
        """Count a call, and tell whether it is one too many."""
        if route not in self.limits:
            return False
        most, seconds = self.limits[route]
        calls, now = self._calls[route], self.now()
        while calls and calls[0] <= now - seconds:
            calls.popleft()
        calls.append(now)
        return len(calls) > most

    def _limited(self) -> web.Response:
        headers = {
            "X-RateLimit-Limit": "300",
            "X-RateLimit-Remaining": "0",
            "X-RateLimit-Reset": written(self.now() + 60),
        }
        return web.json_response({"error": "Too many requests"}, status=429, headers=headers)
