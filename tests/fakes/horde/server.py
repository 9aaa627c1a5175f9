"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.horde.requests import FakeRequest, Fate
from tests.fakes.horde.routes import Routes
from tests.fakes.horde.state import State
from tests.fakes.horde.webhooks import Webhooks
from tests.fakes.journal import json_of
from tests.fakes.server import FakeServer


class FakeHorde(FakeServer, State):
    """A Horde on a port of its own. What `State` names holds from when it is changed.

    Routes: submit, check, status, cancel, picture, webhook; alchemy, text, each also with _status
    and _cancel; models, workers, worker, worker_name, performance, modes, news, heartbeat; styles,
    style, style_name, collections, collection_id, collection; find_user, user, transfer,
    shared_key, also with _create, _change and _delete.

    `clock` is the server's time.
    """

    unheard = frozenset({"control", "steering"})

    def __init__(
        self,
        *,
        seconds: float | None = 0.0,
        models: Mapping[str, int] | None = None,
        clock: Callable[[], float] = time.monotonic,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        super().__init__(clock=clock, journal=journal, port=port)
        State.__init__(self)
        self.seconds = seconds
        if models is not None:
            self.models = dict(models)
        self.routes = Routes(self)
        self.webhooks = Webhooks(self)

    @property
    def url(self) -> str:
        """What goes into `horde.endpoints[].url`."""
        return f"{self.origin}/api"

    def add_routes(self, app: web.Application) -> None:
        app.add_routes(self.routes.all())

    async def body_of(self, request: web.Request) -> Any:
        return await json_of(request)

    async def hang_up(self) -> None:
        await self.webhooks.stop()

    # --- steering ---------------------------------------------------------------------------

    def finish(self, horde_id: str, count: int | None = None) -> None:
        """Let `count` pictures, forms or texts (all) be ready; a request to be faulted faults now."""
        request = self._find(horde_id)
        request.by_hand = request.n if count is None else min(count, request.n)
        if horde_id in self.requests:
            self.webhooks.announce(request)

    def submitted(self) -> list[dict[str, Any]]:
        """Return what was asked to be made, in order; to ask for a price is no such thing."""
        bodies = [exchange.body for exchange in self.journal.of("submit")]
        return [body for body in bodies if not body.get("dry_run")]

    def fault(self, horde_id: str) -> None:
        self._find(horde_id).fate = Fate.FAULTED
        self.finish(horde_id)

    def strand(self, horde_id: str) -> None:
        """Let maintenance come over a request."""
        self._find(horde_id).strand(self.now())

    def expire(self, horde_id: str) -> None:
        """Forget a request: 404 from now on."""
        self._find(horde_id)
        for requests in (self.requests, self.alchemies, self.texts):
            requests.pop(horde_id, None)

    def _find(self, horde_id: str) -> FakeRequest:
        for requests in (self.requests, self.alchemies):
            if horde_id in requests:
                return requests[horde_id]
        return self.texts[horde_id]
