"""The site: the room's pages put together, and the port they answer on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Self

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from common.config import WebConfig
from common.running.serving import address_of, answer
from common.texts import Line, nothing
from events.kudos.sponsors import Sponsors
from events.linking.links import Links
from events.room import Parts
from request.kept.queries import Queries
from web.chat.room import Room
from web.door.desk import Desk
from web.door.guard import Guard, set_headers
from web.door.identity import Seal, read_secret
from web.door.limits import AddressLimit
from web.door.problems import tell_problems
from web.door.tongue import speak_to
from web.events.gate import Gate
from web.events.hall import Hall
from web.events.office import Office
from web.events.organisers import Named, Organisers
from web.events.organising import OrganiserPages
from web.events.planning import PlanPages
from web.events.routes import EventRoutes
from web.events.watching import Watching
from web.pages.cards import CARDS, CardPages, WorkersOf
from web.pages.linking import LINK, LinkPages
from web.pages.routes import Routes
from web.pages.sponsoring import SponsorPages, TitleOf
from web.pages.stream import HEARTBEAT_SECONDS, Stream
from web.pictures import Pictures
from web.templating import Pages
from web.thumbnails import Thumbnails

BODY_BYTES = 64 * 1024
CLOSING_SECONDS = 5.0
STATIC = Path(__file__).parent / "static"


def build_app(
    room: Room,
    config: WebConfig,
    *,
    data_dir: Path,
    pictures: Path,
    thumbnails: Thumbnails,
    elsewhere: Queries,
    about: Line = nothing,
    clock: Callable[[], float] = time.time,
    heartbeat: float = HEARTBEAT_SECONDS,
    links: Links | None = None,
    workers: WorkersOf | None = None,
    sponsoring: tuple[Sponsors, TitleOf] | None = None,
    events: Parts | None = None,
    organisers: Named = tuple,
    accounts: Sequence[str] = (),
) -> web.Application:
    """Put the pages of a room together.

    `pictures` is the folder of finished pictures, named by their SHA-256; `elsewhere` knows which
    of them answers on other platforms link to. With `links` browsers can be linked to accounts,
    with `sponsoring` sponsors can answer their links, with `events` (and links) there are pages of
    them, on which `organisers` lead them on; they are posted on the bot's `accounts`. The cookie
    secret lies in `data_dir`. Raises StartupError if that cannot be written.
    """
    guard = Guard(config)
    hall = Hall(events, links, room, now=clock) if events and links else None
    ways = [way for way, there in ((CARDS, workers), (LINK, links)) if there is not None]
    pages = Pages(about, clock, events_shown=hall is not None, ways=ways)
    limit = AddressLimit(config.requests_per_address, clock)
    desk = Desk(room, Seal(read_secret(data_dir / "web.secret")), guard, limit)
    app = web.Application(
        middlewares=[speak_to, tell_problems(pages), _check_host(guard)], client_max_size=BODY_BYTES
    )
    app.on_response_prepare.append(set_headers)
    Routes(room, desk, pages).add_to(app.router)
    if workers is not None:
        CardPages(workers, pages).add_to(app.router)
    if links is not None:
        LinkPages(links, room.name, desk, pages).add_to(app.router)
    if links is not None and sponsoring is not None:
        sponsors, title_of = sponsoring
        SponsorPages(
            sponsors, links, room.name, title_of, desk=desk, pages=pages, guard=guard
        ).add_to(app.router)
    if hall is not None and events is not None and links is not None:
        watching, known = Watching(hall), Organisers(links, room, organisers)
        app.on_shutdown.append(watching.close)
        EventRoutes(hall, desk, pages, watching, known).add_to(app.router)
        gate = Gate(known, Office(events), desk, pages)
        OrganiserPages(gate, guard.address_of).add_to(app.router)
        PlanPages(gate, accounts, clock).add_to(app.router)
    stream = Stream(room, desk, pages, heartbeat=heartbeat)
    app.router.add_get("/live", stream.watch, allow_head=False)
    shown = Pictures(room, pictures, thumbnails, elsewhere, hall)
    app.router.add_get("/pictures/{sha256:[0-9a-f]{64}}", shown.show)
    app.router.add_static("/static", STATIC)
    return app


class Site:
    """A running site."""

    def __init__(self, runner: web.AppRunner, config: WebConfig) -> None:
        self._runner = runner
        self.url = config.public_url or address_of(runner, config.host)
        self.public = bool(config.public_url)
        """Whether that is where everybody reaches it."""

    @classmethod
    async def open(cls, app: web.Application, config: WebConfig) -> Self:
        """Answer on the configured host and port. Raises StartupError if that cannot be had."""
        runner = await answer(
            app, config.host, config.port, setting="web.port", grace=CLOSING_SECONDS
        )
        return cls(runner, config)

    async def close(self) -> None:
        """Stop answering; requests at work get a moment."""
        await self._runner.cleanup()


def _check_host(guard: Guard) -> Middleware:
    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        guard.check_host(request)
        return await handler(request)

    return check
