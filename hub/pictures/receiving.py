"""Pictures as they are sent: read from base64, looked at, refused if they are none or too large."""

from __future__ import annotations

import base64
import binascii
from io import BytesIO
from typing import NamedTuple

from common import pictures
from common.errors import PictureError
from hub.errors import Declined

MAX_BYTES = 24 * 1024 * 1024
MAX_SOURCE_BYTES = 10 * 1024 * 1024
MAX_SOURCE_PIXELS = 3072 * 3072
SOURCE_QUALITY = 95


def read_base64(text: str, *, limit: int) -> bytes:
    """Return the bytes of base64. Raises Declined for anything else, or for too many."""
    if len(text) > limit * 4 // 3 + 4:
        raise Declined("SourceImageSizeExceeded", limit=limit // 1024 // 1024)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Declined("ImageValidationFailed") from error


class Source(NamedTuple):
    """A picture to work upon."""

    webp: bytes
    width: int
    height: int


def read_source(text: str, *, needs_alpha: bool = False) -> Source:
    """Return a source picture (base64 of WebP, PNG or JPEG) as WebP. Blocking.

    Raises Declined if it is an address, no picture, too large, or has no mask in its alpha
    channel where one is needed.
    """
    if text.startswith(("http://", "https://")):
        raise Declined("SourceImageUrlInvalid")
    data = read_base64(text, limit=MAX_SOURCE_BYTES)
    try:
        facts = pictures.verify(data, max_bytes=MAX_SOURCE_BYTES)
        if facts.width * facts.height > MAX_SOURCE_PIXELS:
            raise Declined("SourceImageResolutionExceeded", limit="3072 × 3072")
        image = pictures.decode(data, max_bytes=MAX_SOURCE_BYTES, max_pixels=MAX_SOURCE_PIXELS)
    except PictureError as error:
        raise Declined("ImageValidationFailed") from error
    if needs_alpha and not image.has_transparency_data:
        raise Declined("InpaintingMissingMask")
    if facts.mime == "image/webp":
        return Source(data, facts.width, facts.height)
    # not `encode_webp`: that marks a picture as made by a model, which this one is not
    target = BytesIO()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image.convert(mode).save(target, "WEBP", quality=SOURCE_QUALITY)
    return Source(target.getvalue(), facts.width, facts.height)


def read_result(text: str) -> bytes:
    """Return a finished picture sent as base64. Blocking. Raises Declined if it is none."""
    data = read_base64(text, limit=MAX_BYTES)
    try:
        pictures.verify(data, max_bytes=MAX_BYTES)
    except PictureError as error:
        raise Declined("ImageValidationFailed") from error
    return data
