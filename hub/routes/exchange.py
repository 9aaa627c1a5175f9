"""How the hub reads what it is sent, and how refusals become answers."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog
from aiohttp import web

from hub.callers.users import User
from hub.context import Hub
from hub.errors import Declined, Malformed, Throttled
from hub.wire import reading
from hub.wire.bodies import Body

READ_SECONDS = 60.0
"""Longest time a caller may take to send a body."""
MOST_BODY_BYTES = 40 * 1024 * 1024
"""A picture of the largest size in base64, and some."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
Checked = TypeVar("Checked", bound=Body)
log = structlog.get_logger()


async def read_bytes(request: web.Request) -> bytes:
    """Return the body. Raises HTTPRequestEntityTooLarge or HTTPRequestTimeout."""
    try:
        async with asyncio.timeout(READ_SECONDS):
            return await request.read()
    except TimeoutError as error:
        raise web.HTTPRequestTimeout from error


async def read_body(request: web.Request, model: type[Checked]) -> Checked:
    """Return the body as a checked value. Raises Malformed."""
    return reading.read(model, await read_bytes(request))


def worker_owner(hub: Hub, http: web.Request) -> User:
    """Return whose worker asks for work. Raises Malformed or Declined."""
    user = hub.user(http)
    if user.anonymous:
        raise Declined("AnonForbiddenWorker")
    return user


def limiter_key(hub: Hub, http: web.Request) -> str:
    """Return whom to count a request for: the user, or the address of a stranger."""
    user = hub.users.find(http.headers.get("apikey", ""))
    return f"user {user.id}" if user else f"address {http.remote}"


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn refusals into the answers clients of a Horde know; what we did not expect into 500."""
    try:
        response = await handler(request)
    except (Declined, Malformed) as refusal:
        response = web.json_response(refusal.body(), status=refusal.status)
    except Throttled as refusal:
        response = web.json_response(refusal.body(), status=refusal.status, headers=refusal.headers)
    except web.HTTPException as error:
        response = web.json_response({"message": error.reason}, status=error.status)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
    except Exception:
        log.exception("hub.failed", path=request.path)
        response = web.json_response({"message": "Internal Server Error"}, status=500)
    if request.method in {"GET", "HEAD"}:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response
