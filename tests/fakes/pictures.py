"""Pictures as files in memory: of one colour, or of what a test has drawn."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def encoded(image: Image.Image, form: str = "PNG", **options: Any) -> bytes:
    """Return a picture as the bytes of a file; `options` are Pillow's own."""
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


def plain(colour: Any = "blue", size: tuple[int, int] = (64, 64), form: str = "PNG") -> bytes:
    """Return a picture of one colour as the bytes of a file."""
    return encoded(Image.new("RGB", size, colour), form)
