"""Showing whoever waits how far his request is. A courtesy: it never fails a request."""

from __future__ import annotations

import asyncio

import structlog

from common.model import Incoming, Progress
from request.adapter import Adapter
from request.progress import Tally

log = structlog.get_logger()


async def show_progress(incoming: Incoming, adapter: Adapter, tally: Tally) -> None:
    """Show progress as often as the platform likes, until cancelled."""

    async def show(progress: Progress) -> None:
        try:
            await adapter.acknowledge(incoming, progress)
        except Exception as error:  # noqa: BLE001  (whatever it is, the pictures matter more)
            log.info("acknowledge_failed", error=str(error))

    await asyncio.sleep(adapter.capabilities.receipt_after)
    await show(tally.progress())
    if adapter.capabilities.live_progress:
        await tally.tell(show)
