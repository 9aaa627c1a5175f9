"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from tests.fakes.lemmy.problems import Limits
from tests.fakes.lemmy.routes_v3 import RoutesV3
from tests.fakes.lemmy.routes_v4 import RoutesV4
from tests.fakes.lemmy.shapes_v3 import V3
from tests.fakes.lemmy.shapes_v4 import V4
from tests.fakes.lemmy.world import World
from tests.fakes.server import FakeServer

Flavour = Literal["0.19", "1.0"]
VERSIONS = {"0.19": "0.19.20", "1.0": "1.0.0"}


class FakeLemmy(FakeServer):
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
        super().__init__(clock=clock, journal=journal, port=port)
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
        self.tokens: set[str] = set()
        self._logins = 0
        self._shapes: list[V3 | V4] = []

    def add_routes(self, app: web.Application) -> None:
        modern = self.flavour == "1.0"
        old = RoutesV3(self, V3(self.world, ""))
        app.add_routes(old.all(whole=not modern))
        self._shapes = [old.shapes]
        if modern:
            new = RoutesV4(self, V4(self.world, ""))
            app.add_routes(new.all())
            self._shapes.append(new.shapes)

    async def start(self) -> None:
        await super().start()
        for shape in self._shapes:
            shape.origin = self.origin

    def name_of(self, request: web.Request) -> str:
        return super().name_of(request).rstrip("4")

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
