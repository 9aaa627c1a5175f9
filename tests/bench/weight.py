"""What the program weighs: memory with nothing to do, of each platform too, and what imports take.

The program is the real one, `hordebots run`, connected to fake platforms in this process. Times are
the processor's, so that a busy machine changes them little.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import yaml

from tests.bench.figures import Figure, figure
from tests.bench.memory import memory, seconds_of
from tests.component.adapters.plug import Plug, plugs
from tests.component.bots.programs import ENVIRONMENT, Program, command
from tests.fakes.horde import FakeHorde

PLATFORMS = ("web", "discord", "mastodon", "lemmy", "reddit")
HASTE = ("poll_seconds", "catch_up_seconds")
"""Settings with which tests make the platforms look more often than anybody would."""
SETTLING, QUIET = 20.0, 30.0
"""Seconds until everything is connected, and for which it is left alone then."""
BRIEFLY = 6.0
"""Seconds of a first start that is for the tables alone."""
ROOMS = {
    "common.config": "settings",
    "styles.lists.library": "styles",
    "request.service": "the life of a request",
    "events.room": "events",
    "web.chat.room": "the web room",
    "hub.server": "the hub",
    "worker.process": "the worker",
}
COUNTED = "import sys; {}; print(len(sys.modules)); print(open('/proc/self/statm').read())"


def measure(runs: int) -> Iterator[Figure]:
    """Yield the memory first: it takes some minutes."""
    first, again, share = asyncio.run(_idle(PLATFORMS))
    what = f"`hordebots run`, all served ({', '.join(PLATFORMS)})"
    yield figure(f"{what}, first start", [first], "MB")
    yield figure(f"{what}, started again", [again], "MB", "< 140 MB")
    yield figure("of a core it takes then", [100 * share], "%")
    for name in PLATFORMS:
        _, again, _ = asyncio.run(_idle((name,)))
        yield figure(f"`hordebots run` with {name} alone, started again", [again], "MB")
    for module, what in {"": "Python alone", **ROOMS}.items():
        yield from _imported(module, what, runs)
    yield from _commands(runs)


# --- the program with nothing to do ----------------------------------------------------------


async def _idle(names: Sequence[str]) -> tuple[float, float, float]:
    """Return the megabytes of a first and of a second start, and the share of a core then."""
    known = plugs()
    async with AsyncExitStack() as stack:
        horde = await stack.enter_async_context(FakeHorde())
        platforms = [await stack.enter_async_context(known[name]()) for name in names]
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hordebots-bench-")))
        file = folder / "config.yaml"
        file.write_text(yaml.safe_dump(_config(folder, horde, platforms)))
        alone = len(names) == 1
        first, _ = await _weighed(file, BRIEFLY if alone else SETTLING, 0.0)
        again, share = await _weighed(file, SETTLING, 0.0 if alone else QUIET)
        return first, again, share


def _config(folder: Path, horde: FakeHorde, platforms: Sequence[Plug]) -> dict[str, Any]:
    accounts = {
        one.name: {"platform": one.name, **_unhurried(one.section())}
        for one in platforms
        if one.name != "web"
    }
    return {
        "data_dir": str(folder),
        "run": [one.name for one in platforms],
        "horde": {"endpoints": [{"name": "fake", "url": horde.url}]},
        "reference": {"url": None},
        "civitai": {"url": None},
        "web": {"port": 0},
        "accounts": accounts,
    }


def _unhurried(section: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in section.items() if name not in HASTE}


async def _weighed(file: Path, settling: float, quiet: float) -> tuple[float, float]:
    """Return the megabytes of a program that has settled, and the share of a core it takes."""
    with Program("run", "--config", file, cwd=file.parent) as program:
        pid = program.process.pid
        await asyncio.sleep(settling)
        before = seconds_of(pid)
        await asyncio.sleep(quiet)
        share = (seconds_of(pid) - before) / quiet if quiet else 0.0
        assert program.process.poll() is None, program.output
        resident = memory(pid)
        await asyncio.to_thread(program.end)
        return resident, share


# --- imports and commands ---------------------------------------------------------------------


def _imported(module: str, what: str, runs: int) -> Iterator[Figure]:
    """Yield what a room brings in when it is imported by itself."""
    code = COUNTED.format(f"import {module}" if module else "pass")
    seconds, printed = _run([sys.executable, "-c", code], runs)
    modules, pages = printed.split("\n")[:2]
    resident = int(pages.split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    named = f"{what} (`{module}`)" if module else what
    yield figure(f"{named}: modules", [int(modules)], "")
    yield figure(f"{named}: memory", [resident], "MB")
    yield figure(f"{named}: processor", seconds, "s")


def _commands(runs: int) -> Iterator[Figure]:
    for argument in ("--help", "--version"):
        seconds, _ = _run(command(argument), runs)
        yield figure(f"`hordebots {argument}`: processor", seconds, "s")


def _run(arguments: list[str], runs: int) -> tuple[list[float], str]:
    """Return the processor's seconds of each run of a command, and what the last one printed."""
    seconds, printed = [], ""
    for number in range(runs + 1):
        with subprocess.Popen(
            arguments,
            cwd=tempfile.gettempdir(),
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            printed = process.stdout.read()
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0, arguments
        if number:  # the first one reads the files into the system's cache
            seconds.append(used.ru_utime + used.ru_stime)
    return seconds, printed
