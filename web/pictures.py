"""Pictures over HTTP: those the room shows, those posted in public elsewhere, and entries."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from pathlib import Path

from aiohttp import web

from common.errors import PictureError
from request.kept.queries import Queries
from request.kept.records import PictureRow
from web.chat.room import Room
from web.chat.store import ShownPicture
from web.door.problems import Problem
from web.events.hall import EnteredPicture, Hall
from web.thumbnails import WIDTHS, Thumbnails

FOR_EVER = "public, max-age=31536000, immutable"
"""An address names its bytes by their hash, so they never change."""
MIMES = frozenset({"image/webp", "image/png", "image/jpeg"})


class Pictures:
    """Handler of `/pictures/{sha256}`. `folder` holds files named by their SHA-256."""

    def __init__(
        self,
        room: Room,
        folder: Path,
        thumbnails: Thumbnails,
        elsewhere: Queries,
        hall: Hall | None = None,
    ) -> None:
        self._room = room
        self._elsewhere = elsewhere
        self._hall = hall
        self._folder = folder
        self._thumbnails = thumbnails

    async def show(self, request: web.Request) -> web.StreamResponse:
        """Send a picture, or with `?w=` a smaller WebP copy."""
        name = request.match_info["sha256"]
        picture: ShownPicture | PictureRow | EnteredPicture | None
        picture = await self._room.picture(name)
        if picture is None:
            picture = await self._elsewhere.posted_in_public(name, but=self._room.name)
        if picture is None and self._hall is not None:
            picture = await self._hall.picture(name)
        if picture is None:
            raise Problem(HTTPStatus.NOT_FOUND, "web.picture_gone")
        path, mime = self._folder / name, picture.mime
        if not await asyncio.to_thread(path.is_file):
            raise Problem(HTTPStatus.NOT_FOUND, "web.picture_gone")
        width = _width(request)
        if width and width < (picture.width or 0):
            try:
                path, mime = await self._thumbnails.find(path, width), "image/webp"
            except PictureError as error:
                raise Problem(HTTPStatus.NOT_FOUND, "web.picture_gone") from error
        kind = mime if mime and mime in MIMES else "application/octet-stream"
        return web.FileResponse(path, headers={"Content-Type": kind, "Cache-Control": FOR_EVER})


def _width(request: web.Request) -> int | None:
    """Return the width asked for, None for the picture as it is."""
    wanted = request.query.get("w")
    if wanted is None:
        return None
    if wanted not in {str(width) for width in WIDTHS}:
        widths = ", ".join(str(width) for width in sorted(WIDTHS))
        raise Problem(HTTPStatus.BAD_REQUEST, "web.no_width", widths=widths)
    return int(wanted)
