"""The hub's clockwork: what has to happen because time has passed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from hub.alchemy import store as forms
from hub.context import Hub
from hub.pictures import shelf
from hub.pictures.folder import source_names
from hub.queue import store

PAUSE_SECONDS = 1.0
log = structlog.get_logger()


async def sweep(hub: Hub) -> None:
    """Abort jobs past their ttl, forget requests past their expiry, delete old pictures."""
    now = hub.clock()
    aborted = await store.overdue_aborted(hub.database, now)
    aborted += await forms.overdue_forms_aborted(hub.database, now)
    if aborted:
        log.info("hub.jobs_aborted", count=aborted)
    expired = await store.requests_expired(hub.database, now)
    expired += await forms.alchemies_expired(hub.database, now)
    sources = [name for request in expired for name in source_names(request)]
    aged = await shelf.pictures_aged(hub.database, now)
    if sources or aged:
        await hub.pictures.delete([*sources, *aged])
        await shelf.pictures_deleted(hub.database, [*sources, *aged])


async def keep_sweeping(
    hub: Hub, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> None:
    """Sweep every second, and go on after a failure."""
    while True:
        await sleep(PAUSE_SECONDS)
        try:
            await sweep(hub)
        except Exception:  # a sweep that stops for good would leave jobs hanging unnoticed
            log.exception("hub.sweep_failed")
