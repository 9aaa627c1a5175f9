"""Pictures as a platform takes them."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from common import pictures
from common.errors import PictureError, PlatformRefused

EVERY = frozenset(pictures.FORMATS.values())
ENDINGS = {"image/webp": "webp", "image/png": "png", "image/jpeg": "jpg"}
"""Of file names, by MIME type."""


async def fit(
    *paths: Path,
    platform: str,
    max_bytes: int,
    formats: frozenset[str] = EVERY,
    max_pixels: int = pictures.MAX_PIXELS,
) -> tuple[bytes, str]:
    """Return a picture of ours within a platform's bounds, and its MIME type; several become one.

    Raises PlatformRefused if one cannot be read or made to fit.
    """

    def work() -> tuple[bytes, str]:
        data = _one([path.read_bytes() for path in paths])
        return pictures.fitted(data, max_bytes=max_bytes, formats=formats, max_pixels=max_pixels)

    try:
        return await asyncio.to_thread(work)
    except (PictureError, OSError) as error:
        raise PlatformRefused(platform=platform, problem=error) from error


def _one(read: Sequence[bytes]) -> bytes:
    if len(read) == 1:
        return read[0]
    from bots.shared import sheet  # noqa: PLC0415  (letters take 2 MB, and few put pictures so)

    return sheet.grid(read)
