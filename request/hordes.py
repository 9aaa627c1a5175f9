"""The Hordes that may be asked, in order, and what they serve right now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from common.errors import HordeError
from common.horde.client import HordeClient
from common.horde.poller import Poller
from styles.limits import Served

SERVED_FOR = 30.0
"""Seconds for which an answer of `/v2/status/models` is believed."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One Horde with the poller that watches our jobs there."""

    name: str
    client: HordeClient
    poller: Poller
    webhook: str | None = None
    """Address at which it can tell us that a picture is ready."""


class Hordes:
    """All endpoints of this process, in the operator's order."""

    def __init__(
        self,
        endpoints: Sequence[Endpoint],
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.endpoints = tuple(endpoints)
        self._asking = {endpoint.name: asyncio.Lock() for endpoint in endpoints}
        self._monotonic = monotonic
        self._models: dict[str, tuple[float, dict[str, int] | None]] = {}

    def named(self, name: str | None) -> Endpoint | None:
        """Return the endpoint of that name, if it is still configured."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    async def served(self) -> dict[str, Served] | None:
        """Return the models somebody serves now; None (all of them) where nobody can say."""
        union: dict[str, int] = {}
        for endpoint in self.endpoints:
            for model, workers in (await self._workers(endpoint) or {}).items():
                union[model] = union.get(model, 0) + workers
        return {model: Served(workers=workers) for model, workers in union.items()} or None

    async def candidates(self, model: str) -> list[Endpoint]:
        """Return the endpoints to try for a model: those that serve it first."""
        serving: list[Endpoint] = []
        others: list[Endpoint] = []
        for endpoint in self.endpoints:
            workers = await self._workers(endpoint)
            (serving if workers is None or model in workers else others).append(endpoint)
        return serving + others

    async def _workers(self, endpoint: Endpoint) -> dict[str, int] | None:
        """Return workers by model, from a short memory; None where the endpoint does not say."""
        async with self._asking[endpoint.name]:  # one asks, the others wait for the answer
            asked, known = self._models.get(endpoint.name, (float("-inf"), None))
            if self._monotonic() - asked < SERVED_FOR:
                return known
            try:
                answer = await endpoint.client.models()
                workers = {row.name: row.count for row in answer if row.count > 0}
            except HordeError:
                workers = None
            self._models[endpoint.name] = (self._monotonic(), workers)
            return workers
