"""Open pages of events: they hear when they are old, and load themselves again."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from http import HTTPStatus

from aiohttp import web

from events.model import Event
from web.door.problems import Problem
from web.events.hall import Hall, Stand

LOOKS = 3.0
"""Seconds between two looks at an event that somebody watches."""
HEARTBEAT_LOOKS = 7
WATCHERS = 500
WRITE_SECONDS = 30.0


class Watching:
    """Handler of `/events/NAME/live`: events `changed` with state, due time and entries."""

    def __init__(self, hall: Hall, *, looks: float = LOOKS) -> None:
        self._hall = hall
        self._looks = looks
        self._watchers = 0
        self._closing = asyncio.Event()
        self._seen: dict[str, tuple[float, Stand]] = {}

    async def watch(self, request: web.Request, event: Event) -> web.StreamResponse:
        """Say whenever an event stands otherwise than before, until the browser goes."""
        if self._watchers >= WATCHERS:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "web.crowded", retry_after=60)
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        self._watchers += 1
        try:
            await response.prepare(request)
            await self._tell(response, event.name)
        except (ConnectionResetError, TimeoutError):
            pass  # the browser went away, or does not read
        finally:
            self._watchers -= 1
        return response

    async def close(self, _app: web.Application) -> None:
        """Let all watchers go."""
        self._closing.set()

    async def _tell(self, response: web.StreamResponse, name: str) -> None:
        before, silent = None, 0
        while not self._closing.is_set():
            now = await self._look(name)
            if now is None:
                return
            silent = silent + 1 if now == before else 0
            if now != before:
                await _write(response, f"event: changed\ndata: {json.dumps(asdict(now))}\n\n")
            elif silent % HEARTBEAT_LOOKS == 0:
                await _write(response, ": still here\n\n")
            before = now
            try:
                async with asyncio.timeout(self._looks):
                    await self._closing.wait()
            except TimeoutError:
                continue

    async def _look(self, name: str) -> Stand | None:
        """Return how an event stands; all who watch share what one of them saw a moment ago."""
        now = asyncio.get_running_loop().time()
        at, stand = self._seen.get(name, (now - self._looks, None))
        if stand is not None and now - at < self._looks:
            return stand
        event = await self._hall.event(name)
        if event is None:
            return None
        stand = await self._hall.stand(event)
        self._seen[name] = (now, stand)
        return stand


async def _write(response: web.StreamResponse, text: str) -> None:
    async with asyncio.timeout(WRITE_SECONDS):
        await response.write(text.encode())
