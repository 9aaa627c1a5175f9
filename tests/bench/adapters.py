"""What the bot itself adds to a request, on each platform: from the words to the job, from the
finished picture to the post.

Platforms and the Horde are fakes in this process, so their work counts as ours. The Horde calls
back when a picture is ready.
"""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Watch, figure
from tests.component.adapters.bot import Bot
from tests.component.adapters.plug import Plug, plugs
from tests.fakes.horde import FakeHorde

LOOK = 0.001
"""Seconds between two looks at whether something has happened."""
RESTING = 0.05
"""Seconds a job lies on the Horde before it is finished."""


def measure(runs: int) -> Iterator[Figure]:
    for name, plug in plugs().items():
        begun, ended = asyncio.run(_ask(plug, max(runs, 20)))
        yield figure(f"{name}: from what is said to the job on the Horde", begun, "ms")
        yield figure(f"{name}: from the finished picture to the post", ended, "ms")


async def _ask(plug: type[Plug], runs: int) -> tuple[list[float], list[float]]:
    """Return the milliseconds of both ways, of each of some requests."""
    begun, ended = [], []
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        async with plug() as platform, FakeHorde(seconds=None) as horde:
            bot = Bot(platform, horde, Path(folder), {"requests_per_hour": 10_000})
            await bot.start()
            try:
                for number in range(runs + 1):
                    first, second = await _one(platform, horde, number)
                    if number:  # the first one warms up
                        begun.append(1000 * first)
                        ended.append(1000 * second)
            finally:
                await bot.stop()
    return begun, ended


async def _one(platform: Plug, horde: FakeHorde, number: int) -> tuple[float, float]:
    watch = Watch()
    said = await platform.say("draw for me a fox style: raw --n 1", person=f"person{number}")
    while horde.journal.count("submit") <= number:
        await asyncio.sleep(LOOK)
    first = watch.seconds()
    await asyncio.sleep(RESTING)
    watch = Watch()
    horde.finish(next(reversed(horde.requests)))
    while not await platform.answers(said):
        await asyncio.sleep(LOOK)
    return first, watch.seconds()
