"""A challenge as large as one can be: its page, and its count."""

from __future__ import annotations

import asyncio
import random
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp

from bots.assembly.core import Core
from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse
from events.lifecycle import Step
from events.model import Event
from events.tables import ballots, entries
from tests.bench.figures import Figure, figure
from tests.fakes.challenge import plan

ENTRIES, BALLOTS = 10_000, 100_000
PER_BALLOT = 12
VIEWS = 20
MILLI = 1e3
PLATFORMS = ("discord", "mastodon", "lemmy", "reddit", "room")


def measure(runs: int) -> Iterator[Figure]:
    """Measure with whole rows in a real database, the page over HTTP."""
    with tempfile.TemporaryDirectory() as folder:
        pages, counts = asyncio.run(_measure(Path(folder), runs))
    size = f"{ENTRIES:,} entries"
    for name, seconds in pages.items():
        what = f"first byte of the page of an event, {name}, {size} (target 50)"
        yield figure(what, [MILLI * one for one in seconds], "ms")
    what = f"counting {BALLOTS:,} ballots for {size}, database included (target 2)"
    yield figure(what, [wall for wall, _ in counts], "s")
    yield figure(f"{what}, processor", [cpu for _, cpu in counts], "s")


async def _measure(
    folder: Path, runs: int
) -> tuple[dict[str, list[float]], list[tuple[float, float]]]:
    async with _hall(folder) as (core, url):
        event = await core.events.events.drafted(plan(), "bench")
        steps = core.events.steps
        for step in (Step.ANNOUNCE, Step.OPEN):
            event = await steps.take(event, step, "bench")
        await _fill(core, event)
        for step in (Step.CLOSE, Step.VOTE):
            event = await steps.take(event, step, "bench")
        pages = {"while people vote": await _views(url, runs)}
        counts = [await _seconds(steps.count(event)) for _ in range(runs)]
        for step, who in ((Step.COUNT, "bench"), (Step.SETTLE, "clock"), (Step.AWARD, "bench")):
            event = await steps.take(event, step, who)
        pages["with its result"] = await _views(url, runs)
        return pages, counts


@asynccontextmanager
async def _hall(folder: Path) -> AsyncIterator[tuple[Core, str]]:
    async with open_core(parse({"data_dir": str(folder), "web": {"port": 0}})) as core:
        adapter = await WebAdapter.build("room", {}, core.services)
        try:
            yield core, f"{adapter.url}/events/winter"
        finally:
            await adapter.close()


async def _fill(core: Core, event: Event) -> None:
    """Write rows as entering and voting do, without the pictures' bytes."""
    draw = random.Random(1)
    recipe = {"prompt": "a fox in winter light " * 4, "model": "demo", "seed": "1", "job": {}}
    row: dict[str, Any] = {
        "event": event.id, "account": "room", "shown": "name", "mime": "image/webp",
        "likeness": "", "prompt_hash": "", "recipe": recipe, "ours": True, "licence": "",
        "request": "", "link": "", "state": "entered", "reason": "", "at": 0.0,
    }  # fmt: skip
    rows = [
        row | {"number": n, "entrant": f"{n:064x}", "name": f"Person {n}", "sha256": f"{n:064x}"}
        for n in range(1, ENTRIES + 1)
    ]
    cast = [
        {
            "event": event.id, "voter": f"voter{n:059x}", "column": draw.choice(PLATFORMS),
            "choices": sorted(draw.sample(range(1, ENTRIES + 1), PER_BALLOT)),
            "receipt": f"{n:016x}", "at": float(n),
        }
        for n in range(BALLOTS)
    ]  # fmt: skip
    async with core.services.database.write() as connection:
        await connection.execute(entries.insert(), rows)
        await connection.execute(ballots.insert(), cast)


async def _views(url: str, runs: int) -> list[float]:
    """Return the seconds to the first byte, of new visitors one after the other."""
    seconds = []
    for _ in range(max(runs, 1) * VIEWS // 7 or 1):
        async with aiohttp.ClientSession() as session:
            started = time.perf_counter()
            async with session.get(url) as answer:
                await answer.content.readany()
                seconds.append(time.perf_counter() - started)
                assert answer.status == 200
    return seconds


async def _seconds(work: Any) -> tuple[float, float]:
    """Return how long something takes, and how long the processor is at work for it."""
    started, at_work = time.perf_counter(), time.process_time()
    await work
    return time.perf_counter() - started, time.process_time() - at_work
