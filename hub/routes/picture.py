"""The signed addresses of pictures: workers put them there, clients and workers get them."""

from __future__ import annotations

from collections.abc import Mapping

from aiohttp import web

from hub.context import HUB
from hub.pictures.folder import NAME
from hub.pictures.receiving import MAX_BYTES
from hub.routes.exchange import read_bytes

HEADERS: Mapping[str, str] = {
    "Content-Type": "image/webp",
    "Cache-Control": "private, max-age=1800",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'; sandbox",
}
routes = web.RouteTableDef()


@routes.get("/pictures/{name}")
async def get(http: web.Request) -> web.StreamResponse:
    """Give out a picture: 403 without a valid address, 404 once it is gone."""
    hub = http.app[HUB]
    name = _allowed_name(http, "GET")
    if not hub.pictures.has(name):
        raise web.HTTPNotFound
    return web.FileResponse(hub.pictures.file(name), headers=HEADERS)


@routes.put("/pictures/{name}")
async def put(http: web.Request) -> web.Response:
    """Take a picture: 403 without a valid address, 413 for one too large, 400 for an empty one."""
    hub = http.app[HUB]
    name = _allowed_name(http, "PUT")
    if (http.content_length or 0) > MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BYTES, http.content_length or 0)
    data = await read_bytes(http)
    if len(data) > MAX_BYTES:
        raise web.HTTPRequestEntityTooLarge(MAX_BYTES, len(data))
    if not data:
        raise web.HTTPBadRequest
    await hub.keep(name, data)
    return web.Response()


def _allowed_name(http: web.Request, method: str) -> str:
    hub = http.app[HUB]
    name = http.match_info["name"]
    well_formed = NAME.fullmatch(name) is not None
    if not well_formed or not hub.signer.allows(method, name, http.query, hub.clock()):
        raise web.HTTPForbidden
    return name
