"""How commands reach the running program: a socket file in the data folder, for its user alone.

It is there whenever the program runs. Only who may open the file can ask, so there is no port to
guard and no process number to trust.
"""

from __future__ import annotations

import asyncio
import hashlib
import socket
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import structlog
from aiohttp import web

from common.config import Config
from common.errors import StartupError

log = structlog.get_logger()

ANSWERING = 60.0
"""Seconds the program gets to do what a command asks: a stylelist may have to be fetched."""
LONGEST = 100
"""Bytes the path of a socket may have; systems differ, 104 is the least."""

Doing = Callable[[], Awaitable[dict[str, Any]]]
"""What is done for a command; returns what it is told, as JSON."""


def socket_of(config: Config) -> Path:
    """Return where the program with this configuration listens for commands."""
    name = hashlib.sha256(config.instance.encode()).hexdigest()[:8]
    return config.data_dir / f"control-{name}.sock"


@asynccontextmanager
async def open_door(path: Path, doings: Mapping[str, Doing]) -> AsyncIterator[bool]:
    """Take commands while the context is open: `doings` by name.

    Yields whether commands are heard. Where the socket cannot be had (its path is too long, the
    file system knows none, a twin of this instance has it) the program runs without.
    """
    if await asyncio.to_thread(_is_taken, path):
        log.warning("no_control_socket", path=str(path))
        yield False
        return
    application = web.Application()
    for name, doing in doings.items():
        application.router.add_post(f"/{name}", _handler(doing))
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
    await runner.setup()
    try:
        heard = await _listen(runner, path)
        yield heard
    finally:
        await runner.cleanup()


async def ask(path: Path, name: str) -> dict[str, Any]:
    """Have the running program do something; returns what it says.

    Raises StartupError if none runs, or it does not answer.
    """
    timeout = aiohttp.ClientTimeout(total=ANSWERING, connect=5.0)
    try:
        connector = aiohttp.UnixConnector(path=str(path))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=timeout) as session,
            session.post(f"http://hordebots/{name}") as response,
        ):
            response.raise_for_status()
            answer: dict[str, Any] = await response.json()
            return answer
    except (aiohttp.ClientError, OSError, TimeoutError) as error:
        raise StartupError("startup.not_running", path=path) from error


def _handler(doing: Doing) -> Callable[[web.Request], Awaitable[web.Response]]:
    async def handle(_request: web.Request) -> web.Response:
        return web.json_response(await doing())

    return handle


async def _listen(runner: web.AppRunner, path: Path) -> bool:
    try:
        await asyncio.to_thread(path.unlink, missing_ok=True)  # of a process that was killed
        await web.UnixSite(runner, str(path)).start()
        await asyncio.to_thread(path.chmod, 0o600)
    except OSError as error:
        log.warning("no_control_socket", path=str(path), problem=error.strerror)
        return False
    return True


def _is_taken(path: Path) -> bool:
    """Tell whether a process answers at a socket file, or there can be none of this name."""
    if sys.platform == "win32" or len(bytes(path.absolute())) > LONGEST:
        return True
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except OSError:
            return False
    return True
