"""The adapter for `tests/fakes/chat.py`, as thin as an adapter can be."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Collection, Mapping
from datetime import UTC, datetime
from typing import Any, Self

import aiohttp

from common.errors import PlatformError, PlatformRefused
from common.model import Incoming, IncomingKind, Outcome, Part, Person, Place, Progress
from request.adapter import Capabilities, Publication
from request.lending import Services

PAUSE = 1.0
"""Seconds after which a platform that did not answer is asked again."""


class ChatAdapter:
    """Speaks with a FakeChat over HTTP."""

    capabilities = Capabilities(
        text_length=2000,
        pictures_per_reply=2,
        picture_bytes=10_000_000,
        live_progress=True,
        reply_timeout=20.0,
    )

    def __init__(self, name: str, url: str) -> None:
        self.name = name
        self._url = url
        timeout = aiohttp.ClientTimeout(total=30)
        self._session = aiohttp.ClientSession(timeout=timeout)

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        return cls(name, section["url"])

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield what is unread; it is read as soon as whoever listens comes back for more."""
        while True:
            try:
                notes = await self._ask("GET", "/unread")
            except PlatformError:
                await asyncio.sleep(PAUSE)
                continue
            for note in notes:
                yield self._incoming(note)
                try:
                    await self._ask("DELETE", f"/unread/{note['note']}")
                except PlatformError:
                    break  # it is listed again

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        await self._ask("PUT", f"/messages/{incoming.event}/progress")

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        shown = []
        for picture in part.pictures:
            data = await asyncio.to_thread(picture.path.read_bytes)
            assert hashlib.sha256(data).hexdigest() == picture.sha256
            shown.append(picture.sha256)
        fields = {"part": part.number, "total": part.total, "text": part.text, "pictures": shown}
        headers = {"Idempotency-Key": f"{outcome.request}-{part.number}"}
        path = f"/messages/{incoming.event}/replies"
        return (await self._ask("POST", path, json=fields, headers=headers))["id"]

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        posts = await self._ask("GET", f"/messages/{incoming.event}/replies")
        return next((post["id"] for post in posts if post["part"] == part), None)

    async def publish(self, publication: Publication) -> str:
        shown = [picture.sha256 for picture in publication.pictures]
        fields = {"text": publication.text, "pictures": shown}
        return (await self._ask("POST", "/wall", json=fields))["id"]

    async def find_published(self, publication: Publication) -> str | None:
        there = await self._ask("GET", "/wall")
        return next((one["id"] for one in there if publication.request in one["text"]), None)

    async def unpublish(self, to: str, post: str) -> None:
        await self._ask("DELETE", f"/wall/{post}")

    async def close(self) -> None:
        await self._session.close()

    async def _ask(self, method: str, path: str, **rest: Any) -> Any:
        """Exchange; raises PlatformRefused where the message is gone, PlatformError for all else."""
        try:
            async with self._session.request(method, self._url + path, **rest) as response:
                if response.status == 404 and response.content_type == "text/plain":
                    raise PlatformRefused(platform="chat", problem=await response.text())
                response.raise_for_status()
                return await response.json()
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise PlatformError(platform="chat", problem=error) from error

    def _incoming(self, note: Mapping[str, Any]) -> Incoming:
        kind = IncomingKind.DELETION if note["kind"] == "deletion" else IncomingKind.MESSAGE
        return Incoming(
            place=Place(self.name, "town", "square"),
            event=note["event"],
            person=Person(note["person"], note["person"].title()),
            text=note["text"],
            created=datetime.fromtimestamp(note["created"], UTC),
            kind=kind,
            parent=note["parent"],
        )
