"""Numbers every HTTP exchange between the program and the fakes, and strikes at one of them.

It stands before all aiohttp servers of this process, so that a fake knows nothing of it. Struck *before*, the server never gets to act on the
request; struck *after*, it has acted and the answer reaches nobody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from aiohttp import web


class Gate:
    def __init__(self) -> None:
        self.count = 0
        """Exchanges so far."""
        self._fatal = 0
        self._after = False
        self._named = ""
        self._spared = 0
        self._strike: Callable[[str], bool] = lambda _what: True

    def arm(self, number: int, strike: Callable[[str], bool], *, after: bool) -> None:
        """Call `strike` with its name at the so-manieth exchange from now.

        It returns whether the exchange is to be cut off.
        """
        self._fatal, self._after, self._strike = self.count + number, after, strike
        self._named, self._spared = "", 0

    def arm_at(
        self, name: str, strike: Callable[[str], bool], *, after: bool, number: int = 1
    ) -> None:
        """Call `strike` at the so-manieth exchange of that name from now."""
        self.arm(1, strike, after=after)
        self._named, self._spared = name, number - 1

    def disarm(self) -> None:
        self._fatal = 0

    @contextmanager
    def before_all_servers(self) -> Iterator[None]:
        """Let every request to an aiohttp server of this process come through here."""
        handle = web.Application._handle

        async def gated(application: web.Application, request: web.Request) -> web.StreamResponse:
            self.count += 1
            match = await application.router.resolve(request)
            number, name = self.count, match.route.name or request.path
            if self._strikes(number, name, after=False):
                return _cut(request)
            response = await handle(application, request)
            if self._strikes(number, name, after=True):
                return _cut(request)
            return response

        web.Application._handle = gated
        try:
            yield
        finally:
            web.Application._handle = handle

    def passed(self, name: str) -> None:
        """Count an exchange that a fake began, a webhook call; it has been answered."""
        self.count += 1
        self._strikes(self.count, name, after=True)

    def _strikes(self, number: int, name: str, *, after: bool) -> bool:
        if not 0 < self._fatal <= number or after is not self._after:
            return False
        if self._named not in {"", name}:
            return False
        if self._spared:
            self._spared -= 1
            return False
        self._fatal = 0
        return self._strike(f"{'after' if after else 'before'} {name}")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
