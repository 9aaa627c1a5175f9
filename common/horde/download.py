"""Fetching a finished picture: from the link a status gives, or out of the status itself.

A link is fetched without our key or name: whoever stores the pictures is not the Horde.
"""

from __future__ import annotations

import base64
import binascii

import aiohttp
from yarl import URL

from common.errors import HordeGone, HordeUnreachable, PictureError
from common.horde.transport import Patience, read_bounded

REDIRECTS = 3
_NO_LINK = (aiohttp.InvalidURL, aiohttp.RedirectClientError, aiohttp.TooManyRedirects)


async def fetch_picture(
    session: aiohttp.ClientSession, img: str, *, limit_bytes: int, patience: Patience
) -> bytes:
    """Return a picture's bytes, as they are; whether they are a picture is checked elsewhere.

    Raises PictureError if there are more than `limit_bytes` or `img` is neither link nor base64,
    HordeGone if the link has expired, HordeUnreachable if its server does not answer.
    """
    if "://" not in img[:32]:
        return _decode(img, limit_bytes)
    url = _parse(img)
    return await patience.tries()(HordeUnreachable, _fetch, session, url, limit_bytes, patience)


async def _fetch(
    session: aiohttp.ClientSession, url: URL, limit_bytes: int, patience: Patience
) -> bytes:
    try:
        async with session.get(
            url,
            timeout=patience.download_timeout(),
            max_redirects=REDIRECTS,
            headers={"Accept": "image/*"},
        ) as response:
            if 400 <= response.status < 500 and response.status not in {408, 429}:
                raise HordeGone("horde.picture_gone", status=response.status)
            if response.status != 200:
                raise HordeUnreachable("horde.picture_unreachable", status=response.status)
            return await read_bounded(response, limit_bytes, _too_large(limit_bytes))
    except _NO_LINK as error:
        raise PictureError from error
    except (aiohttp.ClientError, TimeoutError, OSError) as error:
        raise HordeUnreachable("horde.picture_unreachable") from error


def _decode(text: str, limit_bytes: int) -> bytes:
    if len(text) > limit_bytes * 4 // 3 + 4:
        raise _too_large(limit_bytes)
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise PictureError from error
    if not data:
        raise PictureError
    return data


def _parse(link: str) -> URL:
    try:
        url = URL(link, encoded=True)  # a presigned link's signature covers its exact spelling
    except ValueError as error:
        raise PictureError from error
    if url.scheme not in {"http", "https"} or not url.host:
        raise PictureError
    return url


def _too_large(limit_bytes: int) -> PictureError:
    limit = f"{limit_bytes / 1e6:.3g} MB"
    return PictureError("picture.too_large", size=f"over {limit}", limit=limit)
