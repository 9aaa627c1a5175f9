"""The pictures a request starts from: attached, named by address, or the bot's own replied to."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path

from common import pictures
from common.errors import FetchError, PictureError, Refusal, StoreError
from common.model import Incoming
from request.kept.records import PictureRow
from request.kept.store import Store
from styles.image_request import ImageRequest, Painting
from styles.limits import MOST_SOURCE_PICTURES
from styles.notes import changed

SHA256 = re.compile(r"sha256:[0-9a-f]{64}")
MAX_BYTES = 20 * 1024 * 1024
"""Of a picture people send."""
MAX_PIXELS = 50 * 1000 * 1000
LONGEST_SIDE = 2048
"""Pixels to which a larger source picture is brought down; the Horde takes up to 3072."""
BORDER = 0.25
"""Of width and height, added on each side where a picture is continued beyond its edges."""
LONGEST_SHAPE = 2.5
"""A picture longer than this many times its width is made in a shape closer to a square."""

Fetch = Callable[[str, int], Awaitable[bytes]]
"""Returns the bytes at an https address, at most so many. Raises FetchError."""


@dataclass(frozen=True, slots=True)
class Examined:
    """What a picture that somebody brought says of itself."""

    sha256: str
    likeness: str
    recipe: str
    """In the text form of A1111; "" if it carries none."""


class Sources:
    """Finds, checks and keeps the pictures a request starts from."""

    def __init__(self, store: Store, folder: Path, fetch: Fetch) -> None:
        """Take the store, the picture folder, and what fetches an address from the network."""
        self._store = store
        self._folder = folder
        self._fetch = fetch

    async def gather(self, incoming: Incoming, image: ImageRequest) -> ImageRequest:
        """Return the request with its source pictures kept and named. Raises Refusal.

        A request that works on a picture and brings none takes the one it replies to, if that is
        the bot's own.
        """
        if image.source_picture is not None:
            return image
        if image.literal and not _works_on_pictures(image):
            return image  # the picture that came along was read for its recipe
        named = [*incoming.pictures, *image.addresses]
        if not named and _works_on_pictures(image) and incoming.parent is not None:
            named = await self._replied_to(incoming.place.account, incoming.parent)
        if not named:
            return _without(image)
        blend = image.painting is Painting.BLEND
        if blend and len(named) < 2:
            raise Refusal("refused.blend_one")
        used = named[: MOST_SOURCE_PICTURES if blend else 1]
        kept = await asyncio.gather(*(self._keep(name, image.painting) for name in used))
        if len(used) < len(named):
            note = changed("note.first_picture", count=len(used))
            image = replace(image, notes=(*image.notes, note))
        return _shaped(
            replace(
                image,
                source_picture=kept[0][0],
                unseen=bool(incoming.pictures or image.addresses),
                extra_pictures=tuple(name for name, _size in kept[1:]),
            ),
            kept[0][1],
        )

    async def examined(self, name: str) -> Examined:
        """Return what an attached picture says of itself. Raises Refusal if it cannot be read."""
        try:
            return await asyncio.to_thread(_examined, await self._read(name))
        except (PictureError, FetchError) as error:
            raise Refusal("refused.source_picture", problem=error) from error

    async def shown(self, request_id: str) -> list[PictureRow]:
        """Return the pictures of a request that people were shown, as they were numbered."""
        rows = await self._store.pictures_of(request_id)
        return [row for row in rows if row.sha256 is not None]

    def there(self, picture: PictureRow) -> bool:
        """Tell whether a picture's bytes are still kept."""
        return picture.sha256 is not None and (self._folder / picture.sha256).exists()

    async def bytes_of(self, incoming: Incoming, number: int | None) -> bytes:
        """Return the picture that came along, or picture `number` of the answer replied to.

        Raises Refusal.
        """
        named = list(incoming.pictures)
        if not named and incoming.parent is not None:
            named = await self._replied_to(incoming.place.account, incoming.parent)
        if not named:
            raise Refusal("refused.nothing_to_describe")
        if number is not None and not 1 <= number <= len(named):
            raise Refusal("refused.no_such_picture", number=number, count=len(named))
        try:
            return await self._read(named[(number or 1) - 1])
        except (PictureError, FetchError) as error:
            raise Refusal("refused.source_picture", problem=error) from error

    async def _replied_to(self, account: str, post: str) -> list[str]:
        parent = await self._store.request_behind(account, post)
        rows = [] if parent is None else await self.shown(parent.id)
        return [f"sha256:{row.sha256}" for row in rows if self.there(row)]

    async def _keep(self, name: str, painting: Painting | None) -> tuple[str, tuple[int, int]]:
        """Return where a picture lies in the folder, and its width and height."""
        try:
            data = await self._read(name)
            return await asyncio.to_thread(self._prepared, data, painting)
        except (PictureError, FetchError, StoreError) as error:
            raise Refusal("refused.source_picture", problem=error) from error

    async def _read(self, name: str) -> bytes:
        if not SHA256.fullmatch(name):
            return await self._fetch(name, MAX_BYTES)
        try:
            return await asyncio.to_thread((self._folder / name[7:]).read_bytes)
        except OSError as error:
            raise PictureError("picture.not_there") from error

    def _prepared(self, data: bytes, painting: Painting | None) -> tuple[str, tuple[int, int]]:
        source = pictures.as_source(
            data,
            longest_side=LONGEST_SIDE,
            border=BORDER if painting is Painting.OUTPAINT else 0.0,
            max_bytes=MAX_BYTES,
            max_pixels=MAX_PIXELS,
        )
        if painting is Painting.INPAINT and not source.transparent:
            raise Refusal("refused.inpaint_opaque")
        return f"sha256:{pictures.store(self._folder, source.data).name}", source.size


def _examined(data: bytes) -> Examined:
    _facts, likeness = pictures.examine(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    recipe = pictures.read_parameters(data) or ""
    return Examined(pictures.sha256(data), likeness, recipe)


def _works_on_pictures(image: ImageRequest) -> bool:
    return image.painting is not None or image.control is not None or image.strength is not None


def _without(image: ImageRequest) -> ImageRequest:
    """Return a request that has no picture; refuse it if it is nothing without one."""
    if image.painting is not None or image.control is not None:
        raise Refusal("refused.picture_missing")
    return image


def _shaped(image: ImageRequest, size: tuple[int, int]) -> ImageRequest:
    """Give a request the shape of its picture, unless it names one."""
    if image.ratio is not None or image.size is not None:
        return image
    wide = min(LONGEST_SHAPE, max(1 / LONGEST_SHAPE, size[0] / size[1]))
    return replace(image, ratio=(round(wide, 4), 1.0))
