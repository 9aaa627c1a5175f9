"""The webhook receiver: a Horde that can reach us says "ready", and the poller looks at once.

The call carries no signature, so it is only a hint: the secret is a random part of the path, and
what is believed is what `check` says afterwards.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from aiohttp import web
from pydantic import ValidationError

from common.horde.wire import WebhookCall
from common.running.serving import address_of, answer

MAX_BODY = 1024 * 1024
"""Bytes; a real call has about 500. (One with the picture inside comes only with `r2` false.)"""


class WebhookReceiver:
    """Takes `POST /horde/<token>` and hands the request's id to `wake` (`poller.wake`).

    Mount `routes()` in a web application of your own, or `start` it on a port of its own.
    """

    def __init__(self, wake: Callable[[str], None], *, token: str | None = None) -> None:
        self._wake = wake
        self.token = token or secrets.token_urlsafe(32)
        """The last part of the path, by which a call is believed. A secret."""
        self._runner: web.AppRunner | None = None

    @property
    def path(self) -> str:
        """The path to append to the address the Horde reaches us at. A secret."""
        return f"/horde/{self.token}"

    def routes(self) -> list[web.RouteDef]:
        """Return the route for somebody else's application."""
        return [web.route("*", "/horde/{token}", self.handle)]

    async def handle(self, request: web.Request) -> web.Response:
        """Answer 200 to a call with the right token, whatever is in it; 404 to anything else."""
        given = request.path.rpartition("/")[2]
        if request.method != "POST" or not secrets.compare_digest(
            given.encode(), self.token.encode()
        ):
            raise web.HTTPNotFound
        call = await _read_call(request)
        if call is not None:
            self._wake(call.request)
        return web.Response(text="OK")

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> str:
        """Listen on a port of its own (0: any free one) and return the whole address."""
        application = web.Application(client_max_size=MAX_BODY)
        application.router.add_route("*", "/{path:.*}", self.handle)  # a proxy may rewrite it
        self._runner = await answer(application, host, port, setting="horde.endpoints.listen")
        return f"{address_of(self._runner, host)}{self.path}"

    async def close(self) -> None:
        """Stop listening."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None


async def _read_call(request: web.Request) -> WebhookCall | None:
    """Return what was called, or None if it is too large or not a webhook call."""
    body = bytearray()
    async for chunk in request.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > MAX_BODY:
            return None
    try:
        return WebhookCall.model_validate_json(bytes(body))
    except ValidationError:
        return None
