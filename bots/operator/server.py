"""`/healthz` and `/metrics` on a port of their own, for whoever keeps the bots running."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from common.config import OperatorConfig
from common.errors import StoreError
from common.running.serving import address_of, answer

FORMAT = "text/plain; version=0.0.4; charset=utf-8"

Report = Callable[[], Awaitable[dict[str, Any]]]
Text = Callable[[], Awaitable[bytes]]


@asynccontextmanager
async def open_server(config: OperatorConfig, report: Report, metrics: Text) -> AsyncIterator[str]:
    """Answer while the context is open; yields the address. Raises StartupError."""

    async def healthz(_request: web.Request) -> web.Response:
        found = await report()
        return web.json_response(found, status=503 if found["status"] == "failing" else 200)

    async def figures(_request: web.Request) -> web.Response:
        try:
            return web.Response(body=await metrics(), headers={"Content-Type": FORMAT})
        except StoreError as error:
            return web.Response(text=f"{error}\n", status=503)

    application = web.Application()
    application.router.add_get("/healthz", healthz)
    application.router.add_get("/metrics", figures)
    assert config.port is not None
    runner = await answer(application, config.host, config.port, setting="operator.port")
    try:
        yield address_of(runner, config.host)
    finally:
        await runner.cleanup()
