"""A Hugging Face on 127.0.0.1: files of repositories, with the checksum it tells of large ones."""

from __future__ import annotations

import hashlib
from typing import Self

from aiohttp import web


class FakeHuggingFace:
    """`files` by path (`ORG/REPO/resolve/REVISION/PATH`); `locked` ones need the key `secret`."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.locked: set[str] = set()
        self.url = ""
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_get("/{path:.+}", self._file)
        self._runner = web.AppRunner(application, shutdown_timeout=0)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

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
