"""`python -m tests.bench.loaded CASE`: one measurement in a process of its own; prints JSON.

What is measured is this process: the fake Horde is another one, and so is whoever asks for it.
"""

from __future__ import annotations

import asyncio
import gc
import json
import os
import re
import sys
import time
from importlib import import_module
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from common.running import logs
from tests.bench.figures import Watch
from tests.bench.stage import message, running

GENERATION = 2.0
A_SECOND = 50
SECONDS = 12
IN_FLIGHT = 10_000
AT_ONCE = 200
LIBRARIES = ("discord", "mastodon", "praw")
"""Of the platforms; the largest part of what is in memory."""


def memory() -> float:
    """Return the megabytes this process keeps (VmRSS)."""
    gc.collect()
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmRSS:\s+(\d+) kB", status)[1]) / 1024


async def idle(url: str) -> dict[str, Any]:
    """Everything loaded and running, nothing to do."""
    for name in LIBRARIES:
        import_module(name)
    for entry in entry_points(group="hordebots.adapters"):
        entry.load()
    async with running(url):
        await asyncio.sleep(1)
        return {"memory": memory()}


async def sustained(url: str) -> dict[str, Any]:
    """So many requests a second, through one process on one core."""
    os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    async with running(url) as (stage, _):
        await asyncio.gather(*(stage.ask(f"warm{number}") for number in range(10)))
        watch, cpu, asked = Watch(), time.process_time(), []
        for number in range(A_SECOND * SECONDS):
            asked.append(asyncio.create_task(stage.ask(f"s{number}")))
            await asyncio.sleep(max(0.0, (number + 1) / A_SECOND - watch.seconds()))
        times = await asyncio.gather(*asked)
        spent = time.process_time() - cpu
        return {
            "a_second": len(times) / (watch.seconds() - GENERATION),
            "processor": spent / len(times),
            "beyond": [took - GENERATION for took in times],
        }


async def in_flight(url: str) -> dict[str, Any]:
    """So many requests at work at a time."""
    async with running(url) as (stage, core):
        before, poller = memory(), core.hordes.endpoints[0].poller
        for number in range(IN_FLIGHT):
            stage.say(message(f"f{number}"))  # whoever asks is no part of what is measured
            while number - len(poller) > AT_ONCE:
                await asyncio.sleep(0.05)
        while len(poller) < IN_FLIGHT:
            await asyncio.sleep(0.1)
        sys.stdout.write(json.dumps({"before": before, "memory": memory()}) + "\n")
        sys.stdout.flush()
        os._exit(0)  # nobody waits for their end


def main() -> None:
    logs.configure(level="error")
    case = {"idle": idle, "sustained": sustained, "in_flight": in_flight}[sys.argv[1]]
    print(json.dumps(asyncio.run(case(sys.argv[2]))))


if __name__ == "__main__":
    main()
