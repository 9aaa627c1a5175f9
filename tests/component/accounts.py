"""The program with one account, as the tests of a platform start it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from bots.assembly.core import Core
from bots.program import open_core
from common.config import Config, parse
from request.allowed.terms import Patience
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until

QUICK = Patience(request=60, straggler=60, unreachable=60, impossible=0.3, pause=0.05, look=0.05)
PAUSE = 0.05
"""Seconds between two looks of an account at its platform."""


def settings(data_dir: Path, horde: FakeHorde, more: dict[str, Any]) -> Config:
    """Return a configuration that asks one Horde, and nobody else on the internet."""
    usual = {
        "data_dir": str(data_dir),
        "instance": "one",
        "horde": {"endpoints": [{"name": "fake", "url": horde.url}]},
        "reference": {"url": None},
        "civitai": {"url": None},
        "defaults": {"pictures": 1},
    }
    return parse(usual | more)


async def look_again(_seconds: float) -> None:
    """Wait as little as a test can bear, instead of what an account waits between two looks."""
    await asyncio.sleep(PAUSE)


@asynccontextmanager
async def serving(
    config: Config, adapter_of: Callable[[Core], Any], looks: Callable[[], int]
) -> AsyncIterator[tuple[Core, Any]]:
    """Start the program with an adapter, and wait until it has looked; leaving it stops it."""
    async with open_core(config, patience=QUICK, lasting=False) as core:
        adapter = adapter_of(core)
        stop = asyncio.Event()
        before = looks()
        running = asyncio.create_task(core.runner(adapter).run(stop))
        try:
            await wait_until(lambda: looks() > before)
            yield core, adapter
        finally:
            stop.set()
            await running
            await adapter.close()
