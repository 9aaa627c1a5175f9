"""Scripted faults: what can go wrong between a client and a server, one value each.

Faults that cut the line after the server has acted (`lose`, `reset`, `truncate`) matter most:
the client cannot know whether its request was accepted.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from aiohttp import web

LOOKED_AFTER = 0.02
"""Seconds after which whoever hangs or is late looks whether the client is still there."""


class Kind(StrEnum):
    REFUSE = "refuse"
    """The connection is closed; nothing was looked at."""
    LOSE = "lose"
    """The server acts, then the connection is closed without an answer."""
    RESET = "reset"
    """The server acts; the connection dies in the middle of the answer's body."""
    TRUNCATE = "truncate"
    """The server acts; the answer is complete by its headers, but half of the content."""
    STALL = "stall"
    """The server acts; half of the answer comes, and nothing more for `seconds`."""
    HANG = "hang"
    """Nothing happens for `seconds`, then the connection is closed."""
    DELAY = "delay"
    """The right answer comes after `seconds`."""
    ANSWER = "answer"
    """Another answer instead; nothing was looked at."""


@dataclass(frozen=True, slots=True)
class Fault:
    kind: Kind
    status: int = 200
    body: str | bytes = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0

    @classmethod
    def from_json(cls, fields: Mapping[str, Any]) -> Fault:
        return cls(**{**fields, "kind": Kind(fields["kind"])})


def refuse() -> Fault:
    return Fault(Kind.REFUSE)


def lose() -> Fault:
    return Fault(Kind.LOSE)


def reset() -> Fault:
    return Fault(Kind.RESET)


def truncate() -> Fault:
    return Fault(Kind.TRUNCATE)


def hang(seconds: float = 3600.0) -> Fault:
    return Fault(Kind.HANG, seconds=seconds)


def stall(seconds: float = 3600.0) -> Fault:
    return Fault(Kind.STALL, seconds=seconds)


def delay(seconds: float) -> Fault:
    return Fault(Kind.DELAY, seconds=seconds)


def answer(status: int, body: str | bytes, headers: Mapping[str, str] | None = None) -> Fault:
    given = {"Content-Type": "application/json", **(headers or {})}
    return Fault(Kind.ANSWER, status=status, body=body, headers=given)


def html(status: int = 200) -> Fault:
    page = "<!doctype html><title>Just a moment…</title><p>Checking your browser."
    return answer(status, page, {"Content-Type": "text/html; charset=utf-8"})


def limiter(limit: str = "2 per 1 second", *, retry_after: float | None = 1) -> Fault:
    """The rate limiter's refusal: a message, and no `rc`."""
    headers = {"X-RateLimit-Limit": limit.split(maxsplit=1)[0], "X-RateLimit-Remaining": "0"}
    if retry_after is not None:
        headers["Retry-After"] = f"{retry_after:g}"
    return answer(429, json.dumps({"message": limit}), headers)


def says(status: int, document: Any) -> Fault:
    """Another answer, in JSON."""
    return answer(status, json.dumps(document))


def rc(code: str, status: int = 400, message: str = "The server says no.") -> Fault:
    return says(status, {"message": message, "rc": code})


class Faults:
    """What will go wrong, by route, in order."""

    def __init__(self) -> None:
        self._queues: dict[str, deque[tuple[str, Fault]]] = defaultdict(deque)
        self.closing = asyncio.Event()
        self.held = 0
        """How many requests hang or are late at this moment."""

    def add(self, route: str, fault: Fault, times: int = 1, *, only: str = "") -> None:
        """Plan a fault for requests to a route whose path contains `only`."""
        self._queues[route].extend([(only, fault)] * times)

    def clear(self, route: str | None = None) -> None:
        for name in [route] if route else list(self._queues):
            self._queues[name].clear()

    async def apply(
        self, route: str, request: web.Request, handle: Callable[[], Awaitable[web.StreamResponse]]
    ) -> tuple[web.StreamResponse, Fault | None]:
        """Answer a request, with the next fault of its route if there is one."""
        fault = self._take(route, request.path)
        if fault is None:
            return await handle(), None
        return await _SPOILERS[fault.kind](self, fault, request, handle), fault

    def _take(self, route: str, path: str) -> Fault | None:
        queue = self._queues[route]
        for entry in queue:
            only, fault = entry
            if only in path:
                queue.remove(entry)
                return fault
        return None

    def let_go(self) -> None:
        """End whatever hangs or is late at this moment."""
        self.closing.set()
        self.closing.clear()

    async def pause(self, seconds: float, request: web.Request) -> None:
        """Wait, but not longer than the server lives and the client is there."""
        self.held += 1
        waiting = asyncio.ensure_future(self.closing.wait())
        try:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    while request.transport is not None and not waiting.done():
                        await asyncio.wait({waiting}, timeout=LOOKED_AFTER)
        finally:
            waiting.cancel()
            self.held -= 1

    async def refuse(self, fault, request, handle):
        return _cut(request)

    async def lose(self, fault, request, handle):
        await handle()
        return _cut(request)

    async def reset(self, fault, request, handle):
        return _close(request, await _send_half(request, await handle()))

    async def stall(self, fault, request, handle):
        response = await _send_half(request, await handle())
        await self.pause(fault.seconds, request)
        return _close(request, response)

    async def truncate(self, fault, request, handle):
        whole = await handle()
        body = bytes(whole.body or b"")
        return web.Response(
            status=whole.status, body=body[: len(body) // 2], content_type=whole.content_type
        )

    async def hang(self, fault, request, handle):
        await self.pause(fault.seconds, request)
        return _cut(request)

    async def delay(self, fault, request, handle):
        await self.pause(fault.seconds, request)
        return await handle()

    async def answer(self, fault, request, handle):
        body = fault.body if isinstance(fault.body, bytes) else fault.body.encode()
        if "Transfer-Encoding" in fault.headers:  # chunked: nobody says how long it will be
            stream = web.StreamResponse(status=fault.status)
            await stream.prepare(request)
            await stream.write(body)
            return stream
        return web.Response(status=fault.status, body=body, headers=fault.headers)


_SPOILERS = {kind: getattr(Faults, kind.value) for kind in Kind}


async def _send_half(request: web.Request, whole: Any) -> web.StreamResponse:
    body = bytes(whole.body or b"")
    response = web.StreamResponse(status=whole.status, headers=whole.headers)
    response.content_length = len(body)
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return response


def _close(request: web.Request, response: web.StreamResponse) -> web.StreamResponse:
    if request.transport is not None:
        request.transport.close()
    return response


def _cut(request: web.Request) -> web.Response:
    """Close the connection at once; what is returned reaches nobody."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response(status=500)
