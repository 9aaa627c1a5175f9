"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.reddit.routes import Routes
from tests.fakes.reddit.world import World
from tests.fakes.server import FakeServer

OPEN_TO_ALL = {"token", "upload", "websocket", "unknown"}
LIMITS = {
    "x-ratelimit-remaining": "990",
    "x-ratelimit-used": "10",
    "x-ratelimit-reset": "590",
}
FORM = "application/x-www-form-urlencoded"


class FakeReddit(FakeServer):
    """Reddit on a port of its own. Attributes may be changed at any time.

    Routes in the journal and for `fail`: token, me, unread, sent, read, comment, delete, info, thread,
    about, moderators, flairs, wiki, submitted, comments, lease, upload, submit, gallery, websocket.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, journal=journal, port=port)
        self.world = World(clock)
        self.refresh_token = "a refresh token"
        self.password = "open sesame"
        self.picture_bytes = 20_000_000
        self.tokens: set[str] = set()
        self._logins = 0

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(Routes(self).all())

    def forget_logins(self) -> None:
        """Let every access token be unknown from now on."""
        self.tokens.clear()

    def new_token(self) -> str:
        self._logins += 1
        token = f"token-{self._logins}"
        self.tokens.add(token)
        return token

    def _knows(self, request: web.Request) -> bool:
        token = request.headers.get("Authorization", "").lower().removeprefix("bearer ")
        return token in self.tokens

    def name_of(self, request: web.Request) -> str:
        return super().name_of(request).removesuffix("_2")

    async def body_of(self, request: web.Request) -> Any:
        if request.content_type == FORM:
            return dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
        return await super().body_of(request)

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        if route not in OPEN_TO_ALL and not self._knows(request):
            return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
        response = await super().respond(route, request, handler)
        if not isinstance(response, web.WebSocketResponse):
            response.headers.update(LIMITS)
        return response
