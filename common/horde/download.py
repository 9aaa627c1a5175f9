"""Fetching a picture: from the link a Horde gives, or out of its answer itself.

A link is fetched without our key or name: whoever stores the pictures is not the Horde. Some are
named by strangers (what an alchemist brought or is to look at), so those of a Horde on the
open internet lead nowhere else: not to this machine, nor into its network.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

import aiohttp
from yarl import URL

from common.errors import FetchError, HordeGone, HordeUnreachable, PictureError
from common.fetching.fetch import leads_outside, public_answer
from common.horde.transport import Patience, read_bounded

REDIRECTS = 3
HEADERS = {"Accept": "image/*"}
Asked = Callable[[], AbstractAsyncContextManager[aiohttp.ClientResponse]]
_NO_LINK = (aiohttp.InvalidURL, aiohttp.RedirectClientError, aiohttp.TooManyRedirects)


async def fetch_picture(
    session: aiohttp.ClientSession, img: str, *, horde: str, limit_bytes: int, patience: Patience
) -> bytes:
    """Return a picture's bytes, as they are; whether they are a picture is checked elsewhere.

    `horde` is the address of the Horde that gives the link. Raises PictureError if there are more
    than `limit_bytes`, or `img` is neither base64 nor a link that may be followed; HordeGone if the
    link has expired, HordeUnreachable if its server does not answer.
    """
    if "://" not in img[:32]:
        return _decode(img, limit_bytes)
    url = _parse(img)
    home = URL(horde).host or ""
    near = url.host == home or not await leads_outside(home)
    asked = _any_answer(session, url, patience) if near else _public_answer(url, patience)
    return await patience.tries()(HordeUnreachable, _fetch, asked, limit_bytes)


def _any_answer(session: aiohttp.ClientSession, url: URL, patience: Patience) -> Asked:
    return lambda: session.get(
        url, timeout=patience.download_timeout(), max_redirects=REDIRECTS, headers=HEADERS
    )


def _public_answer(url: URL, patience: Patience) -> Asked:
    return lambda: public_answer(url, timeout=patience.download_timeout(), headers=HEADERS)


async def _fetch(asked: Asked, limit_bytes: int) -> bytes:
    try:
        async with asked() as response:
            if 400 <= response.status < 500 and response.status not in {408, 429}:
                raise HordeGone("horde.picture_gone", status=response.status)
            if response.status != 200:
                raise HordeUnreachable("horde.picture_unreachable", status=response.status)
            return await read_bounded(response, limit_bytes, _too_large(limit_bytes))
    except (*_NO_LINK, FetchError) as error:
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
