"""The fake's life and how a test steers it; every exchange goes into its journal."""

from __future__ import annotations

import math
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aiohttp import web

from tests.fakes.horde.pictures import SIDE
from tests.fakes.horde.requests import FakeRequest, Fate
from tests.fakes.horde.routes import Routes
from tests.fakes.horde.webhooks import Webhooks
from tests.fakes.journal import json_of
from tests.fakes.server import FakeServer

MODELS = {
    "stable_diffusion": 12,
    "Deliberate": 8,
    "Dreamshaper": 6,
    "Anything Diffusion": 3,
    "ICBINP - I Can't Believe It's Not Photography": 4,
    "AlbedoBase XL (SDXL)": 9,
    "SDXL 1.0": 2,
    "AMPonyXL": 2,
    "Flux.1-Schnell fp8 (Compact)": 1,
}

NEWS = (
    {
        "date_published": "2026-05-02",
        "newspiece": "There are [new styles](https://example.org/styles).",
        "importance": "Information",
        "tags": ["styles"],
        "title": "New styles",
        "more_info_urls": ["https://example.org/styles"],
    },
    {
        "date_published": "2026-01-31",
        "newspiece": "Workers can be paused now.",
        "importance": "Workers",
        "tags": ["workers"],
        "title": "Pausing workers",
        "more_info_urls": [],
    },
)


class FakeHorde(FakeServer):
    """A Horde on a port of its own. Attributes may be changed at any time; they hold from then on.

    Routes: submit, check, status, cancel, picture, webhook; alchemy, text, each also with _status
    and _cancel; models, workers, worker, worker_name, performance, modes, news, heartbeat; styles,
    style, style_name, collections, collection_id, collection; find_user, user, transfer,
    shared_key, also with _create, _change and _delete.

    `seconds` is the time a request takes (None: `finish` it by hand), `fate` what becomes of it;
    `plan` has fates for the next submissions, before `fate`. `clock` is the server's time.
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
        self.seconds = seconds
        self.models = dict(MODELS if models is None else models)
        self.fate = Fate.OK
        self.plan: deque[Fate] = deque()
        self.waits: list[int] = []
        self.guess: Callable[[float], int] = math.ceil
        """From the seconds a request still takes to its `wait_time`."""
        self.concurrency: int | None = None
        """Pictures that may wait at a time; None: any number."""
        self.per_second: int | None = None
        """Submissions that its rate limiter lets through in a second (a fixed window); None: any."""
        self.keys: set[str] | None = None
        """Keys that are known; None: every key is."""
        self.trusted = False
        self.service = False
        """Whether the keys are a service account's, which may ask for others."""
        self.eta: dict[str, int] = {}
        """Seconds of queue by model; 0 for the others."""
        self.gen_metadata: list[dict[str, str]] = []
        """What workers say of the pictures of the next requests."""
        self.worker_trusted = True
        self.worker_traits: dict[str, Any] = {}
        """What its worker is told of otherwise than usual, e.g. `{"lora": False}`."""
        self.styles: list[dict[str, Any]] = []
        """Styles kept on it, as its API tells them."""
        self.collections: list[dict[str, Any]] = []
        self.maintenance = False
        self.invite_only = False
        self.news: list[dict[str, Any]] = [dict(piece) for piece in NEWS]
        """As its API tells them, newest first."""
        self.kudos = 1000.0
        """Of member#1, whose every key is that is not in `owners`."""
        self.owners: dict[str, str] = {}
        """Names of others by their keys; they stand in `users` too."""
        self.flagged: set[str] = set()
        """Names of users who may neither give nor take."""
        self.users: dict[str, float] = {"member#1": 0.0, "friend#2": 50.0}
        """Kudos by name; of member#1 see above."""
        self.shared_keys: dict[str, dict[str, Any]] = {}
        """By id, as its API tells them. Their ids are keys as well."""
        self.transfers: list[tuple[str, int]] = []
        """Kudos that went, each once: to whom, how many."""
        self.orders: dict[tuple[str, str], tuple[str, int]] = {}
        """To whom and how many, by who gave and the idempotency key it came with."""
        self.sent_at: dict[tuple[str, str], float] = {}
        """When one user last gave to another, by the fake's clock."""
        self.alchemies: dict[str, FakeRequest] = {}
        self.alchemists: list[dict[str, Any]] = []
        """What alchemists say of themselves; usually nobody does any but answers all the same."""
        self.alchemy_fate = Fate.OK
        self.alchemy_taken = True
        """Whether anybody takes forms at all."""
        self.alchemy_results: dict[str, Any] = {}
        """What alchemists find, by form, other than usual."""
        self.texts: dict[str, FakeRequest] = {}
        self.text = " there was a fox."
        """What text workers write."""
        self.side = SIDE
        self.requests: dict[str, FakeRequest] = {}
        self.pictures: dict[str, tuple[FakeRequest, int]] = {}
        """Request and number of each picture, made or not; links outlive their request."""
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
