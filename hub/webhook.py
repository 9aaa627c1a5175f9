"""Webhooks: one POST per delivered picture, after it is safely recorded.

Best effort, as on the public server: a bounded queue, three tries of three seconds. Who misses
one finds the picture by asking for the status.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from io import BytesIO
from typing import Any, Self

import aiohttp
import stamina
import structlog

from common.running.tasks import cancel

MOST_QUEUED = 256
TRIES = 3
TRY_SECONDS = 3.0
FIRST_PAUSE = 0.1
JSON = {"Content-Type": "application/json"}

log = structlog.get_logger()


class Webhooks:
    """Sends them one after another in the background."""

    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session
        self._queue: asyncio.Queue[tuple[str, Mapping[str, Any]]] = asyncio.Queue(MOST_QUEUED)
        self._task = asyncio.create_task(self._run(), name="hub webhooks")

    @classmethod
    async def open(cls) -> Self:
        """Start sending."""
        return cls(aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=TRY_SECONDS)))

    def announce(self, address: str, body: Mapping[str, Any]) -> None:
        """Queue a call; when too many wait, it is dropped."""
        try:
            self._queue.put_nowait((address, body))
        except asyncio.QueueFull:
            log.warning("hub.webhook_dropped", request=body.get("request"))

    async def drained(self) -> None:
        """Wait until all that was queued has been sent or given up."""
        await self._queue.join()

    async def close(self) -> None:
        """Stop, leaving what has not been sent."""
        await cancel(self._task)
        await self._session.close()

    async def _run(self) -> None:
        while True:
            address, body = await self._queue.get()
            try:
                await self._send(address, body)
            except (aiohttp.ClientError, TimeoutError, ValueError) as error:
                # never the address: its path often holds a secret
                log.warning(
                    "hub.webhook_failed", request=body.get("request"), error=type(error).__name__
                )
            finally:
                self._queue.task_done()

    @stamina.retry(
        on=(aiohttp.ClientError, TimeoutError),
        attempts=TRIES,
        timeout=None,
        wait_initial=FIRST_PAUSE,
        wait_jitter=0,
    )
    async def _send(self, address: str, body: Mapping[str, Any]) -> None:
        data = BytesIO(json.dumps(body).encode())
        async with self._session.post(
            address, data=data, headers=JSON, allow_redirects=False
        ) as answer:
            answer.raise_for_status()
