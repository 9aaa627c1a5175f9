"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal, Self

from aiohttp import web

from tests.fakes.horde.answers import answer_of, json_of
from tests.fakes.horde.faults import Fault, Faults, Kind
from tests.fakes.horde.journal import Exchange, Journal
from tests.fakes.lemmy.problems import Limits
from tests.fakes.lemmy.routes_v3 import RoutesV3
from tests.fakes.lemmy.routes_v4 import RoutesV4
from tests.fakes.lemmy.shapes_v3 import V3
from tests.fakes.lemmy.shapes_v4 import V4
from tests.fakes.lemmy.world import World
from tests.fakes.ports import Port

Flavour = Literal["0.19", "1.0"]
VERSIONS = {"0.19": "0.19.20", "1.0": "1.0.0"}
CUTTING = {Kind.REFUSE, Kind.LOSE, Kind.HANG}


class FakeLemmy:
    """An instance on a port of its own. Attributes may be changed at any time.

    Routes in the journal and for `fail`: site, me, login, settings, mentions, replies, messages,
    notifications, mention_read, reply_read, message_read, notification_read, all_read, comment, comment_get,
    comments, comment_delete, message, message_delete, post, post_create, community, image,
    image_get, image_delete, media.
    """

    def __init__(
        self,
        flavour: Flavour = "0.19",
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        self.flavour = flavour
        self.version = VERSIONS[flavour]
        self.world = World(clock)
        self.password = "open sesame"
        self.totp = ""
        """Second factor that is asked for; "" for none."""
        self.settings: dict[str, Any] = {}
        """What the bot has saved of its own."""
        self.image_bytes = 10_000_000
        self.image_disabled = False
        self.limits = Limits(clock, modern=flavour == "1.0")
        self.journal = Journal(journal)
        self.tokens: set[str] = set()
        self._clock = clock
        self._port = Port(port)
        self._logins = 0
        self._faults = Faults()
        self._runner: web.AppRunner | None = None

    # --- its life ---------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._port.let_go()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port.number}"

    url = origin

    async def start(self) -> None:
        """Listen, after `stop` on the same port again and with the same world."""
        self._faults.closing.clear()
        application = web.Application(client_max_size=64 * 1024 * 1024, middlewares=[self._record])
        self._runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.5)
        modern = self.flavour == "1.0"
        old = RoutesV3(self, V3(self.world, ""))
        application.add_routes(old.all(whole=not modern))
        shapes = [old.shapes]
        if modern:
            new = RoutesV4(self, V4(self.world, ""))
            application.add_routes(new.all())
            shapes.append(new.shapes)
        await self._runner.setup()
        await self._port.listen(self._runner)
        for shape in shapes:
            shape.origin = self.origin

    async def stop(self) -> None:
        """Refuse every connection from now on."""
        self._faults.closing.set()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- steering ---------------------------------------------------------------------------

    def fail(self, route: str, fault: Fault, times: int = 1) -> None:
        """Let the next `times` requests to a route go wrong."""
        self._faults.add(route, fault, times)

    def heal(self, route: str | None = None) -> None:
        """Forget the faults still planned."""
        self._faults.clear(route)

    def forget_logins(self) -> None:
        """Let every token be unknown from now on."""
        self.tokens.clear()

    def new_token(self) -> str:
        self._logins += 1
        token = f"token-{self._logins}"
        self.tokens.add(token)
        return token

    def knows(self, request: web.Request) -> bool:
        return request.headers.get("Authorization", "").removeprefix("Bearer ") in self.tokens

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Write every exchange down, and let faults have their way with it."""
        route = (request.match_info.route.name or "unknown").rstrip("4")
        came = self._clock()
        body = await json_of(request) if request.content_type == "application/json" else None

        async def handle() -> web.StreamResponse:
            try:
                return await handler(request)
            except web.HTTPException as error:
                return web.Response(
                    status=error.status, text=error.text, content_type=error.content_type
                )

        response, fault = await self._faults.apply(route, request, handle)
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
