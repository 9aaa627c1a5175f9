"""Pictures on their way into a post: sent once, however often the post is tried."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence

import structlog

from bots.mastodon.calls import Calls
from bots.mastodon.server import Server
from bots.shared.fitting import fit
from common.errors import PlatformRefused
from common.model import Picture

log = structlog.get_logger()

PROCESSING = 1.0
"""Seconds between two looks at a picture that the server still processes."""
MOST = 1000
"""Pictures that are remembered."""


class Uploads:
    """Uploads pictures, and knows those that wait for their post."""

    def __init__(
        self,
        calls: Calls,
        server: Server,
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take how to call the server, and how much it takes."""
        self._calls = calls
        self._server = server
        self._sleep = sleep
        self._sent: dict[tuple[str, str], tuple[str, bool]] = {}
        """Media ids by request and SHA-256, and whether they are processed."""

    async def take(self, event: str, shown: Sequence[Picture]) -> tuple[list[str], int]:
        """Return the media ids of those the server takes, and how many it does not.

        Raises PlatformError if it may take them later.
        """
        ids = []
        for picture in shown:
            try:
                ids.append(await self._upload(event, picture))
            except PlatformRefused as error:
                log.warning("picture_refused", picture=picture.number, problem=str(error))
        return ids, len(shown) - len(ids)

    async def _upload(self, event: str, picture: Picture) -> str:
        """Return the media id of a picture that is ready to be posted.

        Raises PlatformRefused if the server does not take it, PlatformError if it may later.
        """
        key = (event, picture.sha256)
        if key not in self._sent:
            server = self._server
            data, mime = await fit(
                picture.path,
                platform=server.domain,
                max_bytes=server.picture_bytes,
                formats=server.formats,
                max_pixels=server.picture_pixels,
            )
            alt = picture.alt[: self._server.description]
            self._note(key, await self._calls("media_post", data, mime, description=alt))
        while not self._sent[key][1]:
            try:
                self._note(key, await self._calls("media", self._sent[key][0]))
            except PlatformRefused:
                del self._sent[key]
                raise
            if not self._sent[key][1]:
                await self._sleep(PROCESSING)
        return self._sent[key][0]

    def posted(self, event: str) -> None:
        """Forget the pictures of a request: their post is there."""
        for key in [key for key in self._sent if key[0] == event]:
            del self._sent[key]

    def _note(self, key: tuple[str, str], media: dict[str, object]) -> None:
        if len(self._sent) >= MOST and key not in self._sent:
            del self._sent[next(iter(self._sent))]  # the oldest; others are being processed
        self._sent[key] = (str(media["id"]), bool(media.get("url")))
