"""What the core adds to the Horde's own time, and how often it asks the Horde.

The Horde is the fake one in this process, so its own work counts as ours. It guesses its waits in
whole seconds and up to 30 % wrong. A client that plainly looks every 0.8 s is measured in the same
run, and the Horde's calls are those for a request: submission, looks and status.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack

import aiohttp
from pydantic import SecretStr

from common.horde.client import HordeClient
from common.horde.limits import Limits
from common.horde.wire import generation_body
from common.model import Job
from tests.bench.figures import Figure, Watch, figure
from tests.bench.stage import FOUR, SINGLE, calls_of, running
from tests.fakes.horde import FakeHorde

GENERATIONS = (2.0, 30.0)
"""Seconds the Horde takes."""
WRONG = 0.3
"""By how much its guesses miss, at most."""
PLAIN_PAUSE = 0.8
LONG = 10.0
"""Generations of so many seconds are measured beside each other, else one after the other."""
SPACING = 0.37
"""Seconds between two that are measured beside each other."""
BURST = 20
BUDGETS = {
    "2 submissions a second": (Limits.public(), 2, "≤ 14 s"),
    "10 submissions a second": (Limits.whitelisted(), 10, "≤ 5 s"),
}
WAYS = {"asking": None, "the Horde calling back": "loopback"}
BEYOND = {"asking": "≤ 800 ms", "the Horde calling back": "≤ 150 ms"}
Ask = Callable[[str, str], Awaitable[float]]
"""Ask with an event and a style; returns the seconds until the answer."""
PLAIN = f"a client that looks every {PLAIN_PAUSE:g} s"


def measure(runs: int) -> Iterator[Figure]:
    for seconds in GENERATIONS:
        times, calls = asyncio.run(_paired(seconds, runs))
        end = f"generation takes {seconds:g} s"
        for way in (*WAYS, PLAIN):
            beyond = [1000 * (took - seconds) for took in times[way, SINGLE]]
            what = f"from message to reply beyond the generation, by {way}, {end}"
            yield figure(what, beyond, "ms", BEYOND.get(way, ""))
        for way in (*WAYS, PLAIN):
            target = "≤ 8" if way in WAYS and seconds >= LONG else ""
            yield figure(f"calls a request, by {way}, {end}", calls[way, SINGLE], "calls", target)
        for way in (*WAYS, PLAIN):
            target = "≤ 24" if way in WAYS and seconds >= LONG else ""
            what = f"calls for a category of four, by {way}, {end}"
            yield figure(what, calls[way, FOUR], "calls", target)
    for budget, (limits, window, target) in BUDGETS.items():
        last, refused = asyncio.run(_burst(limits, window))
        what = f"last of {BURST} requests at once, generation takes 2 s, {budget}"
        yield figure(what, [last], "s", target)
        yield figure(f"of them refused by the limiter, {budget}", [refused], "calls")


def wrong(seed: int) -> Callable[[float], int]:
    """Return a way to guess: whole seconds, up to 30 % wrong, the same in each run."""
    chance = random.Random(seed)
    return lambda rest: max(0, round(rest * chance.uniform(1 - WRONG, 1 + WRONG)))


async def _paired(
    seconds: float, runs: int
) -> tuple[dict[tuple[str, str], list[float]], dict[tuple[str, str], list[int]]]:
    """Return the seconds and the calls of requests, by way and style."""
    async with AsyncExitStack() as stack:
        hordes, asks = {}, {}
        for seed, way in enumerate((*WAYS, PLAIN)):
            horde = hordes[way] = await stack.enter_async_context(FakeHorde(seconds=seconds))
            horde.guess = wrong(seed)
            if way in WAYS:
                opened = running(horde.url, webhook=WAYS[way])
                stage, _ = await stack.enter_async_context(opened)
                asks[way] = stage.ask
                horde.seconds = 0.0
                await stage.ask("warm")  # the lists of models and workers are known from now on
                horde.seconds = seconds
            else:
                asks[way] = await stack.enter_async_context(_plain_client(horde))
        times: dict[tuple[str, str], list[float]] = {}
        for style in (SINGLE, FOUR):
            for way, took in (await _ask(asks, style, runs, in_turn=seconds < LONG)).items():
                times[way, style] = took
        called = {way: calls_of(horde) for way, horde in hordes.items()}
    calls = {
        (way, style): [called[way][_event(style, number)] for number in range(runs)]
        for way, style in times
    }
    return times, calls


async def _ask(
    asks: Mapping[str, Ask], style: str, runs: int, *, in_turn: bool
) -> dict[str, list[float]]:
    """Return the seconds each way took: one request after the other, or a little apart."""
    times: dict[str, list[float]] = {way: [] for way in asks}
    tasks: dict[str, list[asyncio.Future[float]]] = {way: [] for way in asks}
    for number in range(runs):
        for way, ask in asks.items():
            if in_turn:
                times[way].append(await ask(_event(style, number), style))
            else:
                tasks[way].append(asyncio.ensure_future(ask(_event(style, number), style)))
                await asyncio.sleep(SPACING)
    return {way: [*times[way], *await asyncio.gather(*tasks[way])] for way in asks}


def _event(style: str, number: int) -> str:
    return f"{'single' if style == SINGLE else 'four'}{number}"


class _plain_client:  # noqa: N801  (used like a function)
    """A client that submits, looks at fixed times, and fetches; it posts nowhere."""

    def __init__(self, horde: FakeHorde) -> None:
        self._url = horde.url

    async def __aenter__(self):
        self._session = aiohttp.ClientSession()
        self._client = HordeClient(self._url, SecretStr("k"), self._session, name="fake")
        return self._ask

    async def __aexit__(self, *_: object) -> None:
        await self._session.close()

    async def _ask(self, event: str, style: str) -> float:
        watch = Watch()
        await asyncio.gather(*(self._make(event) for _ in range(1 if style == SINGLE else 4)))
        return watch.seconds()

    async def _make(self, event: str) -> None:
        job = Job(style="raw", prompt=f"a fox number {event} in the snow", model="stable_diffusion")
        accepted = await self._client.submit(generation_body(job))
        while not (await self._client.check(accepted.id)).done:
            await asyncio.sleep(PLAIN_PAUSE)
        [generation] = (await self._client.status(accepted.id)).generations
        await self._client.download(generation.img, limit_bytes=1_000_000)


async def _burst(limits: Limits, window: int) -> tuple[float, int]:
    """Return the seconds until the last of some requests at once is answered, and the refusals."""
    async with FakeHorde(seconds=2.0) as horde:
        horde.per_second = window
        async with running(horde.url, limits=limits) as (stage, _):
            times = await asyncio.gather(*(stage.ask(f"b{number}") for number in range(BURST)))
        refused = sum(exchange.status == 429 for exchange in horde.journal.of("submit"))
    return max(times), refused
