"""`/healthz` and `/metrics` on a port of their own, for whoever keeps the bots running."""

from __future__ import annotations

import errno
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from common.config import OperatorConfig
from common.errors import StartupError, StoreError

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
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        await _listen(runner, config)
        host = f"[{config.host}]" if ":" in config.host else config.host
        yield f"http://{host}:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


async def _listen(runner: web.AppRunner, config: OperatorConfig) -> None:
    try:
        await web.TCPSite(runner, config.host, config.port).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise StartupError(
                "startup.port_taken", host=config.host, port=config.port, setting="operator.port"
            ) from error
        raise StartupError("startup.failed", problem=error) from error
