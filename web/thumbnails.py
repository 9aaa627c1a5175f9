"""Smaller copies of pictures, made when first asked for and kept in a folder of their own."""

from __future__ import annotations

import asyncio
import secrets
from pathlib import Path

from PIL import Image

from common.errors import PictureError

WIDTHS = frozenset({320, 640, 960})
"""The widths one may ask for, in pixels: a fixed few, so that nobody can fill the disk."""
QUALITY = 82
AT_ONCE = 2


class Thumbnails:
    """The kept copies. `folder` may be emptied at any time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._free = asyncio.Semaphore(AT_ONCE)

    async def find(self, original: Path, width: int) -> Path:
        """Return the file of a WebP copy this wide. Raises PictureError."""
        kept = self._folder / f"{original.name}-{width}.webp"
        async with self._free:
            if not await asyncio.to_thread(kept.exists):
                await asyncio.to_thread(_shrink, original, kept, width)
        return kept

    async def tidy(self, originals: Path) -> None:
        """Delete the copies of pictures that are not in their folder any more."""
        await asyncio.to_thread(_tidy, self._folder, originals)


def _tidy(folder: Path, originals: Path) -> None:
    for copy in folder.glob("*.webp"):
        if not (originals / copy.name.partition("-")[0]).exists():
            copy.unlink(missing_ok=True)


def _shrink(original: Path, kept: Path, width: int) -> None:
    aside = kept.with_name(f"{kept.name}.{secrets.token_hex(4)}")
    try:
        kept.parent.mkdir(parents=True, exist_ok=True)
        with Image.open(original) as picture:
            height = max(1, round(picture.height * width / picture.width))
            copy = picture.convert("RGBA" if picture.has_transparency_data else "RGB")
            copy.resize((width, height), Image.Resampling.LANCZOS).save(
                aside, "WEBP", quality=QUALITY
            )
        # renamed when complete: nobody is ever sent half a picture
        aside.replace(kept)
    except (OSError, ValueError, Image.DecompressionBombError) as error:
        aside.unlink(missing_ok=True)
        raise PictureError from error
