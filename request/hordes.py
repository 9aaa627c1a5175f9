"""The Hordes that may be asked, in order, and what they serve right now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from common.errors import HordeError
from common.horde.client import HordeClient, count_trusted
from common.horde.poller import Poller
from request.served import served_of
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
        self._known: dict[str, tuple[float, _Offer]] = {}

    def named(self, name: str | None) -> Endpoint | None:
        """Return the endpoint of that name, if it is still configured."""
        return next((endpoint for endpoint in self.endpoints if endpoint.name == name), None)

    async def served(self, *, trusted: bool = False) -> dict[str, Served] | None:
        """Return the models somebody serves now; None (all of them) where nobody can say.

        With `trusted` only workers count that their Horde trusts. A Horde without any worker says
        nothing: one may be on its way.
        """
        union: dict[str, Served] = {}
        offers = await asyncio.gather(*map(self._offer, self.endpoints))
        if not any(offer.models for offer in offers):
            return None
        for offer in offers:
            for model, had in (offer.served(trusted=trusted) or {}).items():
                known = union.get(model)
                union[model] = had if known is None else _together(known, had)
        return union

    async def candidates(self, model: str) -> list[Endpoint]:
        """Return the endpoints to try for a model: those that serve it first."""
        serving: list[Endpoint] = []
        others: list[Endpoint] = []
        for endpoint in self.endpoints:
            offer = await self._offer(endpoint)
            serves = offer.models is None or model in offer.models
            (serving if serves else others).append(endpoint)
        return serving + others

    async def _offer(self, endpoint: Endpoint) -> _Offer:
        """Return what an endpoint serves, from a short memory."""
        async with self._asking[endpoint.name]:  # one asks, the others wait for the answer
            asked, known = self._known.get(endpoint.name, (float("-inf"), _Offer()))
            if self._monotonic() - asked < SERVED_FOR:
                return known
            offer = await _ask(endpoint.client)
            self._known[endpoint.name] = (self._monotonic(), offer)
            return offer


@dataclass(frozen=True, slots=True)
class _Offer:
    """What one endpoint serves; None where it does not say."""

    models: Mapping[str, Served] | None = None
    trusted: Mapping[str, int] | None = None
    """Trusted workers by model."""

    def served(self, *, trusted: bool) -> Mapping[str, Served] | None:
        if not trusted or self.models is None or self.trusted is None:
            return self.models
        return {
            model: replace(had, workers=self.trusted[model])
            for model, had in self.models.items()
            if self.trusted.get(model, 0) > 0
        }


async def _ask(client: HordeClient) -> _Offer:
    models, workers = await asyncio.gather(
        client.models(), client.workers(), return_exceptions=True
    )
    for answer in (models, workers):
        if isinstance(answer, BaseException) and not isinstance(answer, HordeError):
            raise answer
    return _Offer(
        None if isinstance(models, BaseException) else served_of(models),
        None if isinstance(workers, BaseException) else count_trusted(workers),
    )


def _together(one: Served, other: Served) -> Served:
    """Return what two endpoints serve of a model: the shorter queue counts."""
    return Served(workers=one.workers + other.workers, eta=min(one.eta, other.eta))
