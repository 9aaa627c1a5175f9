"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self
from urllib.parse import parse_qsl

from aiohttp import web

from tests.fakes.horde.answers import answer_of, json_of
from tests.fakes.horde.faults import Fault, Faults, Kind
from tests.fakes.horde.journal import Exchange, Journal
from tests.fakes.ports import Port
from tests.fakes.reddit.routes import Routes
from tests.fakes.reddit.world import World

CUTTING = {Kind.REFUSE, Kind.LOSE, Kind.HANG}
OPEN_TO_ALL = {"token", "upload", "websocket", "unknown"}
FORM = "application/x-www-form-urlencoded"


class FakeReddit:
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
        self.world = World(clock)
        self.refresh_token = "a refresh token"
        self.password = "open sesame"
        self.picture_bytes = 20_000_000
        self.tokens: set[str] = set()
        self.journal = Journal(journal)
        self._clock = clock
        self._port = Port(port)
        self._logins = 0
        self._faults = Faults()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._port.let_go()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._port.number}"

    async def start(self) -> None:
        """Listen, after `stop` on the same port again and with the same world."""
        self._faults.closing.clear()
        application = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self._record])
        application.add_routes(Routes(self).all())
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self._port.listen(self._runner)

    async def stop(self) -> None:
        """Refuse every connection from now on."""
        self._faults.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    def fail(self, route: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` requests to a route go wrong."""
        self._faults.add(route, fault, times)

    def heal(self, route: str | None = None) -> None:
        """Forget the faults still planned."""
        self._faults.clear(route)

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

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Write every exchange down, and let faults have their way with it."""
        route = (request.match_info.route.name or "unknown").removesuffix("_2")
        came, body = self._clock(), await _body_of(request)

        async def handle() -> web.StreamResponse:
            if route not in OPEN_TO_ALL and not self._knows(request):
                return web.json_response({"message": "Unauthorized", "error": 401}, status=401)
            try:
                return await handler(request)
            except web.HTTPException as error:
                return web.Response(
                    status=error.status, text=error.text, content_type=error.content_type
                )

        response, fault = await self._faults.apply(route, request, handle)
        if not isinstance(response, web.WebSocketResponse):
            response.headers.update(
                {
                    "x-ratelimit-remaining": "990",
                    "x-ratelimit-used": "10",
                    "x-ratelimit-reset": "590",
                }
            )
        cut = fault is not None and fault.kind in CUTTING
        self.journal.add(
            Exchange(
                route,
                request.method,
                request.path_qs,
                body,
                0 if cut else response.status,
                came,
                {name.lower(): value for name, value in request.headers.items()},
                answer_of(response),
            )
        )
        return response


async def _body_of(request: web.Request) -> Any:
    if request.content_type == "application/json":
        return await json_of(request)
    if request.content_type == FORM:
        return dict(parse_qsl((await request.read()).decode(), keep_blank_values=True))
    return None
