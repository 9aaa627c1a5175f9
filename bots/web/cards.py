"""The workers of the community's own Hordes, for the page on them."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from common.config import Config, EndpointConfig
from common.errors import HordeError
from common.horde.client import HordeClient
from common.horde.wire_status import WorkerStatus
from web.pages.cards import WorkersOf

PUBLIC = frozenset({"aihorde.net", "stablehorde.net"})
"""Whose hundreds of workers are nobody's own."""


def own_workers(config: Config, session: aiohttp.ClientSession) -> WorkersOf:
    """Return what asks all Hordes but the public one for their workers; raises nothing."""
    own = [each for each in config.horde.endpoints if URL(each.url).host not in PUBLIC]

    async def ask(endpoint: EndpointConfig) -> list[WorkerStatus]:
        client = HordeClient(endpoint.url, endpoint.key, session, name=endpoint.name)
        try:
            return await client.workers()
        except HordeError:
            return []

    async def workers() -> list[WorkerStatus]:
        answers = await asyncio.gather(*(ask(each) for each in own))
        return [worker for answer in answers for worker in answer if worker.online]

    return workers
