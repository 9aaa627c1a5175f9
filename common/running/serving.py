"""Answering HTTP on a port of one's own: the port is had, or a sentence says why not."""

from __future__ import annotations

import errno

from aiohttp import web

from common.errors import StartupError

ANYWHERE = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  (what is listened on everywhere)
"""Where this machine reaches what answers on all its addresses."""


async def answer(
    app: web.Application, host: str, port: int, *, setting: str, grace: float = 1.0
) -> web.AppRunner:
    """Answer on a host and port (0: any free one); whoever gets the runner cleans it up.

    At its end requests at work have `grace` seconds. Nothing is logged of who asks for what: paths
    may be secrets. Raises StartupError that names the `setting` to change.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=grace)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
    except OSError as error:
        await runner.cleanup()
        if error.errno == errno.EADDRINUSE:
            raise StartupError(
                "startup.port_taken", host=host, port=port, setting=setting
            ) from error
        raise StartupError("startup.failed", problem=error) from error
    return runner


def address_of(runner: web.AppRunner, host: str) -> str:
    """Return where this machine reaches what answers on a host, without a slash at its end."""
    host = ANYWHERE.get(host, host)
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{runner.addresses[0][1]}"
