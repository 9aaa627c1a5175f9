"""In which language the pages are for a visitor: what the browser asks for, and we have."""

from __future__ import annotations

from aiohttp import web
from aiohttp.typedefs import Handler

from common import texts

MOST = 20
"""Languages of a browser that are looked at."""


@web.middleware
async def speak_to(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer in the language of whoever asks."""
    with texts.speaking(asked_for(request)):
        response = await handler(request)
        if response.content_type == "text/html":
            response.headers["Content-Language"] = texts.language()
            response.headers["Vary"] = "Accept-Language"
        return response


def asked_for(request: web.Request) -> str | None:
    """Return the language a browser asks for first that answers are in; None: none of them."""
    return first_known(request.headers.get("Accept-Language", ""))


def first_known(header: str) -> str | None:
    """Return the best language of `Accept-Language: fr-CH, de;q=0.9` that answers are in."""
    wanted = sorted((_weighed(part) for part in header.split(",")[:MOST]), key=lambda one: -one[0])
    known = texts.spoken()
    return next((name for weight, name in wanted if weight > 0 and name in known), None)


def _weighed(part: str) -> tuple[float, str]:
    tag, _, weight = part.partition(";")
    name = tag.strip().partition("-")[0].casefold()
    try:
        return float(weight.strip().removeprefix("q=") or 1), name
    except ValueError:
        return 0.0, name
