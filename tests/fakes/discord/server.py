"""The fake's life and how a test steers it."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict, deque
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from aiohttp import web

from tests.fakes.discord import contract
from tests.fakes.discord.gateway import Gateway
from tests.fakes.discord.interactions import Interactions
from tests.fakes.discord.journal import Exchange, Journal
from tests.fakes.discord.people import People
from tests.fakes.discord.rest import Rest, Sent, read
from tests.fakes.discord.world import World
from tests.fakes.discord.writing import Refused
from tests.fakes.horde.faults import Fault, Faults
from tests.fakes.ports import Port

API = "/api/v10"
TOKEN = "MTIz.fake.token"
OPEN = frozenset({"callback", "follow_up", "original", "edit_original", "delete_original"})
"""Routes that need no token of the bot (with `hook_message` and its kin)."""


class FakeDiscord:
    """A Discord on a port of its own.

    `world` is what there is, `people` what they do, `live` the gateway, `journal` what was asked.
    `limits` sets how often a route may be asked in how many seconds; `skip` moves its clock.
    """

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
        shards: int = 1,
    ) -> None:
        self.token = TOKEN
        self.shards = shards
        self.journal = Journal(journal)
        self.limits: dict[str, tuple[int, float]] = {}
        self.broken: list[str] = []
        """What went over the wire against Discord's document."""
        self._clock = clock
        self._skipped = 0.0
        self._asked: dict[tuple[str, str], deque[float]] = defaultdict(deque)
        self._port = Port(port)
        self._faults = Faults()
        self._runner: web.AppRunner | None = None
        self._changed = asyncio.Event()
        self.live = Gateway(self)
        self.world = World(self.now, self.live.tell)
        self.interactions = Interactions(self.world, lambda: self.origin)
        self.people = People(self)
        self._rest = Rest(self)

    # --- its life ---------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        await self.stop()
        self._port.let_go()
        if kind is None and self.broken:
            raise contract.ContractBroken("\n".join(self.broken))

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port.number}"

    @property
    def api(self) -> str:
        return f"{self.origin}{API}"

    @property
    def gateway_url(self) -> str:
        return f"ws://127.0.0.1:{self._port.number}/gateway"

    async def start(self) -> None:
        application = web.Application(client_max_size=64 * 1024 * 1024)
        application.router.add_get("/gateway", self.live.connect)
        application.router.add_get("/gateway/", self.live.connect)
        application.router.add_get("/files/{path:.+}", self._file)
        for name, method, path, handler in self._rest.routes():
            wrapped = self._wrap(name, path, handler)
            application.router.add_route(method, API + path, wrapped, name=name)
        application.router.add_route("*", "/{rest:.*}", self._unknown)
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.2)
        await self._runner.setup()
        await self._port.listen(self._runner)

    async def stop(self) -> None:
        self._faults.closing.set()
        await self.live.drop(1001)
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- steering ---------------------------------------------------------------------------

    def now(self) -> float:
        return self._clock() + self._skipped

    def skip(self, seconds: float) -> None:
        """Let so much time have passed on Discord's clock."""
        self._skipped += seconds

    def fail(self, route: str, fault: Fault, times: int = 1, *, only: str = "") -> None:
        """Let the next requests to a route (names: `rest.Rest.routes`) go wrong."""
        self._faults.add(route, fault, times, only=only)

    def heal(self) -> None:
        self._faults.clear()

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> Any:
        """Wait until a condition holds after some exchange; returns what it gave."""
        async with asyncio.timeout(seconds):
            while not (found := condition()):
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), 0.05)
                except TimeoutError:
                    continue
        return found

    # --- every request ----------------------------------------------------------------------

    def _wrap(self, name: str, path: str, handler: Callable[..., Any]) -> Any:
        async def handle(request: web.Request) -> web.StreamResponse:
            sent = await read(request)
            answer: dict[str, Any] = {}

            async def respond() -> web.Response:
                response, answer["body"] = await self._answer(name, path, request, sent, handler)
                return response

            response, _fault = await self._faults.apply(name, request, respond)
            self.journal.add(
                Exchange(
                    name,
                    request.method,
                    request.path_qs,
                    sent.body,
                    response.status,
                    self.now(),
                    answer.get("body"),
                    sent.files,
                )
            )
            self._changed.set()
            return response

        return handle

    async def _answer(
        self,
        name: str,
        path: str,
        request: web.Request,
        sent: Sent,
        handler: Callable[..., Any],
    ) -> tuple[web.Response, Any]:
        headers: dict[str, str] = {}
        try:
            self._judge(contract.check_request, request.method, path, sent.body, sent)
            self._authorise(name, request)
            headers = self._count(name, request)
            status, body = await handler(request, sent)
        except Refused as refused:
            status, body = refused.status, refused.body
            if status == 429:
                headers = self._limit_headers(name, 0, body["retry_after"])
                headers |= {"Retry-After": str(body["retry_after"]), "Via": "1.1 fake"}
        self._judge(contract.check_response, request.method, path, status, body)
        if body is None:
            return web.Response(status=status, headers=headers), None
        # without a charset: the client takes anything else for text
        headers["Content-Type"] = "application/json"
        frozen = json.dumps(body)
        return web.Response(status=status, body=frozen.encode(), headers=headers), json.loads(
            frozen
        )

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

    async def _unknown(self, request: web.Request) -> web.Response:
        self.broken.append(f"nobody answers {request.method} {request.path}")
        return web.json_response({"code": 0, "message": "404: Not Found"}, status=404)
