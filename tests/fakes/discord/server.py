"""The fake's life and how a test steers it."""

from __future__ import annotations

import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.discord import contract
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.people import People
from tests.fakes.discord.rest import Rest, Sent, read
from tests.fakes.discord.world import World
from tests.fakes.discord.writing import Refused
from tests.fakes.server import FakeServer

API = "/api/v10"
TOKEN = "MTIz.fake.token"
SENT: ContextVar[Sent] = ContextVar("sent")
"""What came with the request that this task is answering."""
OPEN = frozenset({"callback", "follow_up", "original", "edit_original", "delete_original"})
"""Routes that need no token of the bot (with `hook_message` and its kin)."""


class FakeDiscord(FakeServer):
    """A Discord on a port of its own.

    `world` is what there is, `people` what they do, `live` the gateway, `journal` what was asked.
    `limits` sets how often a route may be asked in how many seconds; `skip` moves its clock.
    Routes: see `rest.Rest.routes`.
    """

    unheard = frozenset({"socket", "socket_too", "file", "nobody"})

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
        shards: int = 1,
    ) -> None:
        super().__init__(clock=clock, journal=journal, port=port)
        self.token = TOKEN
        self.shards = shards
        self.limits: dict[str, tuple[int, float]] = {}
        self.broken: list[str] = []
        """What went over the wire against Discord's document."""
        self._skipped = 0.0
        self._asked: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self.live = Gateway(self)
        self.world = World(self.now, self.live.tell)
        self.interactions = Interactions(self.world, lambda: self.origin)
        self.people = People(self)
        self._rest = Rest(self)

    # --- its life ---------------------------------------------------------------------------

    async def __aexit__(self, kind: object, *more: object) -> None:
        await super().__aexit__(kind, *more)
        if kind is None and self.broken:
            raise contract.ContractBroken("\n".join(self.broken))

    @property
    def api(self) -> str:
        return f"{self.origin}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port.number}/gateway"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/gateway", self.live.connect, name="socket")
        app.router.add_get("/gateway/", self.live.connect, name="socket_too")
        app.router.add_get("/files/{path:.+}", self._file, name="file")
        for name, method, path, handler in self._rest.routes():
            app.router.add_route(method, API + path, _with_what_was_sent(handler), name=name)
        app.router.add_route("*", "/{rest:.*}", self._nobody, name="nobody")

    async def hang_up(self) -> None:
        await self.live.drop(1001)

    # --- steering ---------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let so much time have passed on Discord's clock."""
        self._skipped += seconds

    # --- every request ----------------------------------------------------------------------

    async def body_of(self, request: web.Request) -> Any:
        sent = await read(request)
        SENT.set(sent)
        return sent.body

    def files_of(self, request: web.Request) -> dict[str, bytes]:
        return SENT.get().files

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        sent, resource = SENT.get(), request.match_info.route.resource
        assert resource is not None
        path = resource.canonical.removeprefix(API)
        headers: dict[str, str] = {}
        try:
            self._judge(contract.check_request, request.method, path, sent.body, sent)
            self._authorise(route, request)
            headers = self._count(route, request)
            status, body = await handler(request)
        except Refused as refused:
            status, body = refused.status, refused.body
            if status == 429:
                headers = self._limit_headers(route, 0, body["retry_after"])
                headers |= {"Retry-After": str(body["retry_after"]), "Via": "1.1 fake"}
        self._judge(contract.check_response, request.method, path, status, body)
        if body is None:
            return web.Response(status=status, headers=headers)
        # without a charset: the client takes anything else for text
        headers["Content-Type"] = "application/json"
        return web.Response(status=status, body=json.dumps(body).encode(), headers=headers)

    def _judge(self, check: Callable[..., None], *what: Any) -> None:
        more = {}
        if isinstance(what[-1], Sent):
            more, what = {"multipart": what[-1].multipart}, what[:-1]
        try:
            check(*what, **more)
        except contract.ContractBroken as error:
            self.broken.append(str(error))

    def _authorise(self, name: str, request: web.Request) -> None:
        if "webhook_token" in request.match_info or name in OPEN:
            return
        if request.headers.get("Authorization") != f"Bot {self.token}":
            raise Refused(401, 0, "401: Unauthorized")

    def _count(self, name: str, request: web.Request) -> dict[str, str]:
        """Return the headers of a limited route; refuse what comes too often."""
        if name not in self.limits:
            return {}
        most, seconds = self.limits[name]
        key = (name, request.match_info.get("channel_id", ""))
        asked, now = self._asked[key], time.monotonic()
        while asked and now - asked[0] > seconds:
            asked.popleft()
        if len(asked) >= most:
            wait = round(asked[0] + seconds - now + 0.01, 3)
            message = "You are being rate limited."
            raise Refused(429, 0, message, retry_after=wait, **{"global": False})
        asked.append(now)
        return self._limit_headers(name, most - len(asked), asked[0] + seconds - now)

    def _limit_headers(self, name: str, remaining: int, after: float) -> dict[str, str]:
        most = self.limits.get(name, (1, 1.0))[0]
        return {
            "X-RateLimit-Limit": str(most),
            "X-RateLimit-Remaining": str(remaining),
            "X-RateLimit-Reset": f"{time.time() + after:.3f}",
            "X-RateLimit-Reset-After": f"{after:.3f}",
            "X-RateLimit-Bucket": name,
        }

    async def _file(self, request: web.Request) -> web.Response:
        data = self.world.files.get(request.match_info["path"])
        return web.Response(status=404) if data is None else web.Response(body=data)

    async def _nobody(self, request: web.Request) -> web.Response:
        self.broken.append(f"nobody answers {request.method} {request.path}")
        return web.json_response({"code": 0, "message": "404: Not Found"}, status=404)


def _with_what_was_sent(handler: Callable[..., Any]) -> Any:
    async def handle(request: web.Request) -> Any:
        return await handler(request, SENT.get())

    return handle
