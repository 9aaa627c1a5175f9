"""The styles and collections a fake Horde keeps; tests put them there as the API tells them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from aiohttp import web

from tests.fakes.horde.answers import error

if TYPE_CHECKING:
    from tests.fakes.horde.server import FakeHorde

ON_A_PAGE = 25


class StyleRoutes:
    def __init__(self, horde: FakeHorde) -> None:
        self._horde = horde

    def all(self, v2: str) -> Iterable[web.RouteDef]:
        return [
            web.get(f"{v2}/styles/image", self._styles, name="styles"),
            web.get(f"{v2}/styles/image_by_name/{{name}}", self._style_by_name, name="style_name"),
            web.get(f"{v2}/styles/image/{{id}}", self._style, name="style"),
            web.get(f"{v2}/collections", self._collections, name="collections"),
            web.get(f"{v2}/collections/{{id}}", self._collection_by_id, name="collection_id"),
            web.get(f"{v2}/collection_by_name/{{name}}", self._collection, name="collection"),
        ]

    async def _styles(self, request: web.Request) -> web.Response:
        tag, model = request.query.get("tag"), request.query.get("model")
        found = [
            style
            for style in self._horde.styles
            if (not tag or tag in style.get("tags", ()))
            and (not model or model in style.get("models", ()))
        ]
        return _page(request, found)

    async def _style_by_name(self, request: web.Request) -> web.Response:
        wanted = request.match_info["name"].rpartition("::")[2]
        return _first(self._horde.styles, "name", wanted, "Style")

    async def _style(self, request: web.Request) -> web.Response:
        return _first(self._horde.styles, "id", request.match_info["id"], "Image style")

    async def _collections(self, request: web.Request) -> web.Response:
        return _page(request, self._horde.collections)

    async def _collection(self, request: web.Request) -> web.Response:
        wanted = request.match_info["name"]
        return _first(self._horde.collections, "name", wanted, "Collection")

    async def _collection_by_id(self, request: web.Request) -> web.Response:
        return _first(self._horde.collections, "id", request.match_info["id"], "Collection")


def _first(things: list[dict[str, Any]], field: str, wanted: str, kind: str) -> web.Response:
    for thing in things:
        if thing[field] == wanted:
            return web.json_response(thing)
    return error(404, f"{kind}NotFound", f"{kind} with ID '{wanted}' not found.")


def _page(request: web.Request, things: list[dict[str, Any]]) -> web.Response:
    """Answer as the server does: the next page begins one further, not a page further."""
    page = request.query.get("page", "1")
    start = max(0, int(page) - 1) if page.isascii() and page.isdigit() else 0
    return web.json_response(things[start : start + ON_A_PAGE])
