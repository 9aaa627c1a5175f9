"""What jobs cost: a Horde is asked, once for all jobs that cost it the same work."""

from __future__ import annotations

import asyncio
import json
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field

from common import texts
from common.errors import HordeError, Refusal
from common.model import Job
from request.allowed.terms import Terms
from request.horde.hordes import Endpoint, Hordes
from request.making.delivery import Delivery, NothingCame

BELIEVED = 12 * 3600.0
"""Seconds for which a price is not asked again."""
REMEMBERED = 4096
"""Prices kept in memory."""
FREE_OF_CHARGE = ("style", "prompt", "seed", "nsfw", "censor_nsfw", "trusted_workers")
"""What makes no difference to the work of a job."""


@dataclass(slots=True)
class _Price:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    kudos: float = 0.0
    until: float = float("-inf")


class Prices:
    """Asks for prices and remembers them by the shape of the job."""

    def __init__(
        self,
        hordes: Hordes,
        delivery: Delivery,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._hordes = hordes
        self._delivery = delivery
        self._monotonic = monotonic
        self._known: OrderedDict[str, _Price] = OrderedDict()

    async def of(self, endpoint: Endpoint, job: Job, person: str) -> float:
        """Return what a job costs at a Horde, in kudos; `person` is whose turn the question takes.

        Raises HordeError, or NothingCame if its source picture is gone.
        """
        key = f"{endpoint.name} {_shape(job)}"
        price = self._known.pop(key, None) or _Price()
        self._known[key] = price
        if len(self._known) > REMEMBERED:
            self._known.popitem(last=False)
        async with price.lock:  # one asks, the others wait for the answer
            if self._monotonic() >= price.until:
                await endpoint.turns.take(person)
                body = await self._delivery.body(job)
                price.kudos = await endpoint.client.dry_run(body, counted=True)
                price.until = self._monotonic() + BELIEVED
            return price.kudos

    async def told(self, jobs: Sequence[Job], terms: Terms) -> str:
        """Return what jobs would cost, as a sentence. Raises Refusal if nobody can tell."""
        total, names = 0.0, []
        try:
            for job in jobs:
                endpoint = (await self._hordes.candidates(job, allowed=terms.hordes))[0]
                total += await self.of(endpoint, job, terms.person)
                names.append(endpoint.name)
        except (HordeError, NothingCame) as error:
            raise Refusal("refused.no_price", problem=error) from error
        pictures = sum(job.n for job in jobs)
        values = {"kudos": f"{total:g}", "endpoints": ", ".join(dict.fromkeys(names))}
        return texts.say("answer.price", count=pictures, **values)


def _shape(job: Job) -> str:
    """Return what the price of a job depends on."""
    shape = {name: value for name, value in asdict(job).items() if name not in FREE_OF_CHARGE}
    for name in ("loras", "tis", "extra_pictures"):
        shape[name] = len(shape[name])
    shape["source_picture"] = job.source_picture is not None
    return json.dumps(shape, sort_keys=True)
