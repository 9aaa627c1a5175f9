"""Numbers every HTTP exchange between the program and the fakes, and strikes at one of them.

It is a middleware of the fakes' servers. Struck *before*, the server never gets to act on the
request; struck *after*, it has acted and the answer reaches nobody.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from aiohttp import web


class Gate:
    def __init__(self) -> None:
        self.count = 0
        """Exchanges so far."""
        self._fatal = 0
        self._after = False
        self._strike: Callable[[str], bool] = lambda _what: True

    def arm(self, number: int, strike: Callable[[str], bool], *, after: bool) -> None:
        """Call `strike` with its name at the so-manieth exchange from now.

        It returns whether the exchange is to be cut off.
        """
        self._fatal, self._after, self._strike = self.count + number, after, strike

    def disarm(self) -> None:
        self._fatal = 0

    @web.middleware
    async def middleware(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.count += 1
        number, name = self.count, request.match_info.route.name or request.path
        if self._strikes(number, name, after=False):
            return _cut(request)
        response = await handler(request)
        if self._strikes(number, name, after=True):
            return _cut(request)
        return response

    def passed(self, name: str) -> None:
        """Count an exchange that a fake began, a webhook call; it has been answered."""
        self.count += 1
        self._strikes(self.count, name, after=True)

    def _strikes(self, number: int, name: str, *, after: bool) -> bool:
        if not 0 < self._fatal <= number or after is not self._after:
            return False
        self._fatal = 0
        return self._strike(f"{'after' if after else 'before'} {name}")


def _cut(request: web.Request) -> web.Response:
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
