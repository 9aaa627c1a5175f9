"""What every fake server is made of: a port, a journal, scripted faults, and waiting for it."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar, Self, TypeVar

from aiohttp import web

from tests.fakes.faults import Fault, Faults, Kind
from tests.fakes.journal import Exchange, Journal, answer_of, json_of
from tests.fakes.ports import Port

Fake = TypeVar("Fake", bound="FakeServer")
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]

CUTTING = {Kind.REFUSE, Kind.LOSE, Kind.HANG}
LARGEST = 64 * 1024 * 1024
LOOKED_AFTER = 0.05
"""Seconds after which a condition is looked at though nobody asked anything."""


class FakeServer:
    """A server on a port of its own, with a journal of all that is asked of it.

    A fake says what it serves in `add_routes`; the names of its routes stand in the journal and
    are what `fail` goes by.
    """

    unheard: ClassVar[frozenset[str]] = frozenset()
    """Names of routes that are no part of what is faked: neither in the journal nor faulty."""

    def __init__(
        self,
        *,
        clock: Callable[[], float] = time.time,
        journal: Path | None = None,
        port: int = 0,
    ) -> None:
        self.journal = Journal(journal)
        self.middlewares: tuple[Any, ...] = ()
        """Around everything it does, the journal and the faults included; set before `start`."""
        self._clock = clock
        self._port = Port(port)
        self._faults = Faults()
        self._changed = asyncio.Event()
        self._runner: web.AppRunner | None = None

    # --- what a fake has of its own -----------------------------------------------------------

    def add_routes(self, app: web.Application) -> None:
        """Add all that is served, each route with its name."""
        raise NotImplementedError

    async def hang_up(self) -> None:
        """End what stays open by itself, when the server stops."""

    def name_of(self, request: web.Request) -> str:
        """Return the name of what was asked."""
        return request.match_info.route.name or "unknown"

    async def body_of(self, request: web.Request) -> Any:
        """Return what the journal keeps of the body."""
        return await json_of(request) if request.content_type == "application/json" else None

    async def respond(
        self, route: str, request: web.Request, handler: Callable[..., Any]
    ) -> web.StreamResponse:
        """Answer, where no fault is in the way."""
        try:
            return await handler(request)
        except web.HTTPException as error:
            return web.Response(
                status=error.status, text=error.text, content_type=error.content_type
            )

    # --- its life -----------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        self._port.let_go()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._port.number}"

    @property
    def url(self) -> str:
        """What goes into the configuration."""
        return self.origin

    def now(self) -> float:
        return self._clock()

    async def start(self) -> None:
        """Listen, after `stop` on the same port again and with all that was there."""
        self._faults.closing.clear()
        middlewares = [*self.middlewares, self._record]
        app = web.Application(client_max_size=LARGEST, middlewares=middlewares)
        self.add_routes(app)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
        await self._runner.setup()
        await self._port.listen(self._runner)

    async def stop(self) -> None:
        """Refuse every connection from now on."""
        self._faults.closing.set()
        await self.hang_up()
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    # --- steering -----------------------------------------------------------------------------

    def fail(self, route: str, fault: Fault, times: int = 1, *, only: str = "") -> None:
        """Let the next `times` requests to a route go wrong.

        `only` narrows it to paths that contain it (an id).
        """
        self._faults.add(route, fault, times, only=only)

    def heal(self, route: str | None = None) -> None:
        """Forget the faults still planned."""
        self._faults.clear(route)

    @property
    def held(self) -> int:
        """How many requests hang or are late at this moment."""
        return self._faults.held

    def let_go(self) -> None:
        """End whatever hangs or is late at this moment."""
        self._faults.let_go()

    async def until(self, condition: Callable[[], Any], seconds: float = 30.0) -> Any:
        """Wait until a condition holds, looked at after each exchange; return what it gave."""
        async with asyncio.timeout(seconds):
            while not (found := condition()):
                self._changed.clear()
                try:
                    await asyncio.wait_for(self._changed.wait(), LOOKED_AFTER)
                except TimeoutError:
                    continue
        return found

    def files_of(self, request: web.Request) -> dict[str, bytes]:
        """Return the files that came with a request, once `body_of` has read it."""
        return {}

    @web.middleware
    async def _record(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Write every exchange down, and let faults have their way with it."""
        route = self.name_of(request)
        if route in self.unheard:
            return await handler(request)
        came, body = self.now(), await self.body_of(request)
        respond = partial(self.respond, route, request, handler)
        response, fault = await self._faults.apply(route, request, respond)
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
                self.files_of(request),
            )
        )
        self._changed.set()
        return response


class Answering(FakeServer):
    """A server that gives every request to one function; without one it says yes to everything."""

    def __init__(self, answer: Answer | None = None) -> None:
        super().__init__()
        self._answer = answer

    def add_routes(self, app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", self._respond, name="all")

    async def _respond(self, request: web.Request) -> web.StreamResponse:
        return web.Response() if self._answer is None else await self._answer(request)


@contextmanager
def in_thread(fake: Fake) -> Iterator[Fake]:
    """Have a fake answer in a thread of its own: for tests whose commands run a loop of theirs."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    try:
        asyncio.run_coroutine_threadsafe(fake.__aenter__(), loop).result(30)
        try:
            yield fake
        finally:
            asyncio.run_coroutine_threadsafe(fake.__aexit__(), loop).result(30)
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
        loop.close()
