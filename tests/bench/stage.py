"""The core on a stage: people ask, the answers are timed, and what the Horde was asked is counted."""

from __future__ import annotations

import asyncio
import re
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

from bots.assembly.core import Core
from bots.program import open_core
from common.config import Config, EndpointConfig, HordeConfig, PlaceConfig
from common.horde.limits import Limits
from common.model import Ending, Incoming, Person, Place
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import FakePlatform

SINGLE = "style: raw --n 1"
FOUR = "style: stylepunks --n 4"
"""A category: four jobs of a picture each."""
COUNTED = ("check", "status")
"""Calls that are counted beside the submission; lists of models are asked for all requests."""


class Stage(FakePlatform):
    """A platform that notes when each answer is posted."""

    def __init__(self) -> None:
        super().__init__()
        self._answers: dict[str, asyncio.Future[float]] = {}

    async def ask(self, event: str, style: str = SINGLE) -> float:
        """Ask as a person of one's own; return the seconds until the answer was posted."""
        self._answers[event] = asyncio.get_running_loop().create_future()
        started = time.perf_counter()
        self.say(message(event, style))
        return await self._answers[event] - started

    async def acknowledge(self, incoming, progress):
        """Keep nothing: what is measured is the core."""

    async def reply(self, incoming, outcome, part):
        post = await super().reply(incoming, outcome, part)
        assert outcome.ending is Ending.DONE, outcome.text
        self._answers[incoming.event].set_result(time.perf_counter())
        return post


def message(event: str, style: str = SINGLE) -> Incoming:
    """Return a request whose prompt names its event, as `<event>`."""
    return Incoming(
        place=Place("web", "web", "room"),
        event=event,
        person=Person(event, "somebody"),
        text=f"draw for me a fox number {event} in the snow {style}",
        created=datetime.now(UTC),
    )


@asynccontextmanager
async def running(
    url: str, *, webhook: str | None = None, limits: Limits | None = None
) -> AsyncIterator[tuple[Stage, Core]]:
    """Run the core at a Horde, with a stage."""
    endpoint = EndpointConfig(name="fake", url=url, webhook=webhook)
    stage, stop = Stage(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        config = Config(
            data_dir=Path(folder),
            horde=HordeConfig(endpoints=(endpoint,)),
            defaults=PlaceConfig(pictures=4),
        )
        async with open_core(config, lasting=False) as core:
            if limits is not None:
                core.hordes.endpoints[0].client.use_limits(limits)
            serving = asyncio.create_task(core.runner(stage).run(stop))
            try:
                yield stage, core
            finally:
                stop.set()
                await serving


def calls_of(horde: FakeHorde) -> dict[str, int]:
    """Return how often the Horde was called for each event: submissions, looks and statuses."""
    calls: Counter[str] = Counter()
    event_of = {}
    for exchange in horde.journal.of("submit"):
        event = re.search(r"number (\S+)", exchange.body["prompt"])[1]
        event_of[exchange.answer["id"]] = event
        calls[event] += 1
    for route in COUNTED:
        for exchange in horde.journal.of(route):
            calls[event_of[exchange.path.rpartition("/")[2]]] += 1
    return dict(calls)
