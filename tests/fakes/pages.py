"""Files at an address, with ETags: lists of styles, the models' reference."""

from __future__ import annotations

import hashlib
from pathlib import Path

from aiohttp import web

from tests.fakes.server import FakeServer


class FakePages(FakeServer):
    """Serves the files of a folder, or what a test lays into `pages`; the only route is `list`."""

    def __init__(self, folder: Path | None = None) -> None:
        super().__init__()
        self.folder = folder
        self.pages: dict[str, str] = {}
        """By name; looked for before the folder is."""
        self.marks = True
        """Whether files come with an ETag."""

    @property
    def url(self) -> str:
        return f"{self.origin}/list"

    def add_routes(self, app: web.Application) -> None:
        app.router.add_get("/list/{file}", self._answer, name="list")

    def asked(self) -> list[tuple[str, str | None]]:
        """Return what was asked for, in order: file, the ETag it came with."""
        return [
            (one.path.rpartition("/")[2], one.headers.get("if-none-match"))
            for one in self.journal.of("list")
        ]

    def mark(self, file: str) -> str:
        page = self._page(file)
        assert page is not None
        return f'"{hashlib.sha256(page.encode()).hexdigest()[:16]}"'

    def _page(self, file: str) -> str | None:
        if file in self.pages or self.folder is None:
            return self.pages.get(file)
        path = self.folder / file
        return path.read_text("utf-8") if path.is_file() else None

    async def _answer(self, request: web.Request) -> web.Response:
        file = request.match_info["file"]
        page = self._page(file)
        if page is None:
            raise web.HTTPNotFound
        mark = self.mark(file)
        if request.headers.get("If-None-Match") == mark:
            return web.Response(status=304)
        return web.Response(text=page, headers={"ETag": mark} if self.marks else {})
