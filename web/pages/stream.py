"""The live stream of the room: server-sent events with fragments to put into an open page.

Events are `thread {id, html}`, `answer {id, thread, done, html}`, `progress {thread, html}`,
`removed {thread}` and `reload {}`. The first two carry the message's id, so that a browser that
comes back says what it saw last (`Last-Event-ID`) and gets the rest.
"""

from __future__ import annotations

import asyncio
import json
from http import HTTPStatus
from typing import Any

from aiohttp import web

from web.chat.live import Advanced, Event, Posted, Removed
from web.chat.room import Room
from web.chat.store import Thread
from web.door.desk import Desk, read_number
from web.door.problems import Problem
from web.templating import Pages

HEARTBEAT_SECONDS = 20.0
WRITE_SECONDS = 30.0
RETRY_MILLISECONDS = 3000
MISSED = 100
"""Messages a browser may have missed; with more, it loads the page again."""
WATCHERS = 500


class Stream:
    """Handler of `/live`."""

    def __init__(
        self, room: Room, desk: Desk, pages: Pages, *, heartbeat: float = HEARTBEAT_SECONDS
    ) -> None:
        self._room = room
        self._desk = desk
        self._pages = pages
        self._heartbeat = heartbeat

    async def watch(self, request: web.Request) -> web.StreamResponse:
        """Send what happens from `Last-Event-ID` or `?after=` on, until the browser goes."""
        if len(self._room.live) >= WATCHERS:
            raise Problem(HTTPStatus.SERVICE_UNAVAILABLE, "web.crowded", retry_after=60)
        after = read_number(request.headers.get("Last-Event-ID") or request.query.get("after"))
        reader = self._desk.visitor(request) or ""
        response = web.StreamResponse(
            headers={"Content-Type": "text/event-stream", "X-Accel-Buffering": "no"}
        )
        # heard from now on, then what was missed: nothing falls in between
        with self._room.subscribe() as subscription:
            try:
                await response.prepare(request)
                await self._write(response, f"retry: {RETRY_MILLISECONDS}\n\n")
                last = await self._catch_up(response, after, reader)
                while (event := await self._next(response, subscription.take)) is not None:
                    if isinstance(event, Posted) and event.message.id <= last:
                        continue
                    await self._send(response, event, reader)
            except (ConnectionResetError, TimeoutError):
                pass  # the browser went away, or does not read
        return response

    async def _catch_up(self, response: web.StreamResponse, after: int | None, reader: str) -> int:
        """Send what was written after a message; return the last id that needs no sending."""
        if after is None:
            after = await self._room.latest()
        missed = await self._room.messages_after(after, MISSED + 1)
        if len(missed) > MISSED:
            await self._write(response, "event: reload\ndata: {}\n\n")
            return missed[-1].id
        for message in missed:
            await self._send(response, Posted(message), reader)
        for request, progress in self._room.running().items():
            await self._send(response, Advanced(request, progress), reader)
        return missed[-1].id if missed else after

    async def _next(self, response: web.StreamResponse, take: Any) -> Event | None:
        """Wait for an event; say something now and then, so that nobody hangs up on us."""
        while True:
            try:
                async with asyncio.timeout(self._heartbeat):
                    event: Event | None = await take()
                    return event
            except TimeoutError:
                await self._write(response, ": still here\n\n")

    async def _send(self, response: web.StreamResponse, event: Event, reader: str) -> None:
        name, data = self._describe(event, reader)
        number = f"id: {data['id']}\n" if "id" in data else ""
        await self._write(response, f"{number}event: {name}\ndata: {json.dumps(data)}\n\n")

    def _describe(self, event: Event, reader: str) -> tuple[str, dict[str, Any]]:
        """Return an event's name and data."""
        match event:
            case Posted(message) if message.author is None:
                html = self._pages.answer(message, reader)
                done = message.is_last_part
                data = {"id": message.id, "thread": message.reply_to, "done": done, "html": html}
                return "answer", data
            case Posted(message):
                progress = self._room.progress(message.id)
                html = self._pages.thread(Thread(message), progress, reader)
                return "thread", {"id": message.id, "html": html}
            case Advanced(request, progress):
                html = self._pages.progress(progress)
                return "progress", {"thread": request, "html": html}
            case Removed(message):
                return "removed", {"thread": message.id}

    async def _write(self, response: web.StreamResponse, text: str) -> None:
        async with asyncio.timeout(WRITE_SECONDS):
            await response.write(text.encode())
