"""A server with one list, on 127.0.0.1, that can be made to misbehave."""

import asyncio
import json
import zlib

import pytest
from aiohttp import web

GOOD = {"prompt": "{p}{np}", "model": "sd"}


class Server:
    """Serves one list: `pages` maps a file to its text, its bytes, a status, or what answers."""

    def __init__(self):
        self.pages = {"styles.json": json.dumps({"web": GOOD})}
        self.journal = []
        """(file, the ETag it was asked for with), in order."""
        self.marks = True
        """Whether files come with an ETag."""
        self.address = ""
        self.done = asyncio.Event()

    async def answer(self, request):
        file = request.match_info["file"]
        page = self.pages.get(file)
        conditional = request.headers.get("If-None-Match")
        self.journal.append((file, conditional))
        if page is None:
            raise web.HTTPNotFound
        if isinstance(page, int):
            return web.Response(status=page)
        if callable(page):
            return await page(request)
        if conditional == self.mark(file):
            return web.Response(status=304)
        headers = {"ETag": self.mark(file)} if self.marks else {}
        return web.Response(
            body=page if isinstance(page, bytes) else page.encode(), headers=headers
        )

    def mark(self, file):
        return f'"{hash(self.pages[file])}"'

    async def hang(self, request):
        await self.done.wait()
        return web.Response()

    async def large(self, request):
        filler = {"prompt": "x" * 6_000_000, "model": "sd"}
        return web.json_response({"web": GOOD, "filler": filler})

    async def cut(self, request):
        stream = web.StreamResponse(headers={"Content-Length": "500"})
        await stream.prepare(request)
        await stream.write(b'{"web": ')
        request.transport.close()
        return stream

    async def not_changed(self, request):
        return web.Response(status=304)


def to(target):
    """What sends whoever asks to another address."""

    async def answer(request):
        return web.Response(status=302, headers={"Location": target})

    return answer


def packed(encoding):
    """What sends 20 MB in a few kilobytes."""
    window = 31 if encoding == "gzip" else 15
    packer = zlib.compressobj(9, zlib.DEFLATED, window)
    body = packer.compress(b"[" * 20_000_000) + packer.flush()

    async def answer(request):
        return web.Response(body=body, headers={"Content-Encoding": encoding})

    return answer


@pytest.fixture
async def server():
    """A web server with one list."""
    serving = Server()
    application = web.Application()
    application.router.add_get("/list/{file}", serving.answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    serving.address = f"http://127.0.0.1:{port}/list"
    yield serving
    serving.done.set()
    await runner.cleanup()
