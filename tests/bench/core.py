"""What the core adds to the Horde's own time, and how often it asks the Horde.

The Horde is the fake one in this process, so its own work counts as ours.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from bots.program import open_core
from common.config import Config, EndpointConfig, HordeConfig
from common.horde.client import HordeClient
from common.horde.poller import Poller
from common.horde.wire import generation_body
from common.model import Ending, Incoming, Job, Person, Place
from common.tasks import cancel
from tests.bench.figures import Figure, Watch, figure
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import FakePlatform

GENERATION = 2.0
"""Seconds the Horde takes in the measurement by the real clock."""
LONG_GENERATION = 30.0
"""The same by a clock that passes only while the poller sleeps."""
CALLS = ("submit", "check", "status", "picture")
"""A request's own; the list of models is asked once in 30 s for all."""


def measure(runs: int) -> Iterator[Figure]:
    for way, webhook in (("asking", None), ("the Horde calling back", "loopback")):
        overheads, calls = asyncio.run(_ask(runs, webhook))
        end = f"by {way}, generation takes {GENERATION:g} s"
        milliseconds = [1000 * seconds for seconds in overheads]
        yield figure(f"from message to reply beyond the generation, {end}", milliseconds, "ms")
        yield figure(f"calls a request, {end}", calls, "calls")
    found = [asyncio.run(_poll()) for _ in range(max(runs, 20))]
    end = f"by asking, generation takes {LONG_GENERATION:g} s (simulated)"
    yield figure(f"calls a request, {end}", [calls for calls, _ in found], "calls")
    yield figure(f"noticed late, {end}", [late for _, late in found], "s")


# --- by the real clock -----------------------------------------------------------------------


async def _ask(runs: int, webhook: str | None) -> tuple[list[float], list[int]]:
    """Return the seconds beyond the generation, and the calls, of each of some requests."""
    overheads, calls = [], []
    async with FakeHorde(seconds=GENERATION) as horde, _core(horde, webhook) as platform:
        for number in range(runs + 1):
            before = _calls(horde)
            watch = Watch()
            platform.say(_message(str(number)))
            outcome = await platform.answer_to(str(number))
            seconds = watch.seconds() - GENERATION
            assert outcome.ending is Ending.DONE
            if number:  # the first one warms up
                overheads.append(seconds)
                calls.append(_calls(horde) - before)
    return overheads, calls


@asynccontextmanager
async def _core(horde: FakeHorde, webhook: str | None) -> AsyncIterator[FakePlatform]:
    endpoint = EndpointConfig(name="fake", url=horde.url, webhook=webhook)
    platform, stop = FakePlatform(), asyncio.Event()
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        config = Config(data_dir=Path(folder), horde=HordeConfig(endpoints=(endpoint,)))
        async with open_core(config, lasting=False) as core:
            running = asyncio.create_task(core.runner(platform).run(stop))
            try:
                yield platform
            finally:
                stop.set()
                await running


def _message(event: str) -> Incoming:
    return Incoming(
        place=Place("web", "web", "room"),
        event=event,
        person=Person(event, "somebody"),
        text="draw for me a fox in the snow style: raw --n 1",
        created=datetime.now(UTC),
    )


def _calls(horde: FakeHorde) -> int:
    return sum(horde.journal.count(route) for route in CALLS)


# --- by a clock of our own -------------------------------------------------------------------


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def read(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        until = self.now + seconds
        await asyncio.sleep(0.001)  # lets a look that is under way end first
        self.now = max(self.now, until)


async def _poll() -> tuple[int, float]:
    """Return the calls of one long request, and how late its end is noticed."""
    clock = Clock()
    async with (
        FakeHorde(seconds=LONG_GENERATION, clock=clock.read) as horde,
        aiohttp.ClientSession() as session,
    ):
        client = HordeClient(horde.url, SecretStr("a key"), session, name="fake")
        poller = Poller(client, monotonic=clock.read, sleep=clock.sleep)
        looking = asyncio.create_task(poller.run())
        job = Job(style="raw", prompt="a fox", model="stable_diffusion")
        accepted = await client.submit(generation_body(job))
        status = await poller.watch(accepted.id)
        late = clock.now - LONG_GENERATION
        await client.download(status.generations[0].img, limit_bytes=1_000_000)
        await cancel(looking)
        return _calls(horde), late
