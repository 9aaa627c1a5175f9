"""A Hugging Face on 127.0.0.1: files of repositories, with the checksum it tells of large ones."""

from __future__ import annotations

import hashlib

from aiohttp import web

from tests.fakes.server import FakeServer


class FakeHuggingFace(FakeServer):
    """`files` by path (`ORG/REPO/resolve/REVISION/PATH`); `locked` ones need the key `secret`."""

    def __init__(self) -> None:
        super().__init__()
        self.files: dict[str, bytes] = {}
        self.locked: set[str] = set()

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/{path:.+}", self._file, name="file")

    async def _file(self, request: web.Request) -> web.Response:
        path = request.match_info["path"]
        if path in self.locked and request.headers.get("Authorization") != "Bearer secret":
            return web.Response(status=401)
        if path not in self.files:
            return web.Response(status=404)
        data = self.files[path]
        told = {
            "X-Linked-Etag": f'"{hashlib.sha256(data).hexdigest()}"',
            "X-Linked-Size": str(len(data)),
        }
        return web.Response(body=data, headers=told)
