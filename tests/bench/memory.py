"""What the worker takes: over many jobs with changing models and LoRAs, and with nothing to do."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

from common.config import CivitaiConfig, WorkerConfig
from tests.bench.figures import Figure, figure
from tests.fakes.hub import KEY, FakeHub
from worker import events
from worker.demo_model.runtime import LORAS, WEIGHTS
from worker.engines.child import ChildEngine
from worker.process import run

TIGHT = "tests.bench.tight:TightEngine"
JOBS, WARM, EACH = 500, 150, 25
QUIET_SECONDS = 30.0
MODELS = ("one", "two", "three")


def measure(_runs: int) -> Iterator[Figure]:
    """Measure once: it takes some minutes."""
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        samples = asyncio.run(many_jobs(Path(folder), JOBS, EACH))
        grown = growth(samples, WARM // EACH)
        yield figure(f"main process after {WARM} jobs", [samples[WARM // EACH][0]], "MB")
        yield figure("engine's process after them", [samples[WARM // EACH][1]], "MB")
        yield figure(f"most that both grew in {JOBS - WARM} jobs more", [grown * 100], "%")
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        resident, share = asyncio.run(idle(Path(folder)))
        yield figure("main process at rest, engine unloaded", [resident], "MB")
        yield figure("of a core it takes then, asking a hub on this machine", [share * 100], "%")


def growth(samples: list[tuple[float, float]], warm: int) -> float:
    """Return by what part the larger of the two processes grew after the warm-up."""
    after = samples[warm:]
    return max(max(one) / one[0] - 1 for one in zip(*after, strict=True))


def memory(pid: int) -> float:
    """Return the megabytes a process holds (Linux)."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def seconds_of(pid: int) -> float:
    """Return the processor's seconds a process has had (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def many_jobs(folder: Path, jobs: int, each: int) -> list[tuple[float, float]]:
    """Return the memory of this process and of the engine's, after every so many jobs."""
    copies(folder)
    shutil.copytree(LORAS, folder / "loras")
    loras = sorted(file.stem for file in LORAS.glob("*.safetensors"))
    hub, samples, stop, done = FakeHub(), [], asyncio.Event(), 0
    await hub.start()
    for number in range(jobs):
        payload = {"width": 64, "height": 64, "ddim_steps": 2, "prompt": f"a fox {number}"}
        payload["loras"] = [{"name": loras[number % len(loras)]}] * (number % 2)
        hub.offer(model=MODELS[number // 4 % len(MODELS)], payload=payload, ttl=100_000)
    config = WorkerConfig.model_validate(
        {"name": "memory", "url": hub.url, "key": KEY, "models": folder, "safety": "open_nsfw"}
    )
    engine = ChildEngine(TIGHT, config)

    def report(event: events.WorkerEvent) -> None:
        nonlocal done
        if not isinstance(event, events.Submitted | events.Failed):
            return
        done += 1
        if done % each == 0:
            hub.journal.clear()  # which would grow in this process
            hub.uploads.clear()
            samples.append((memory(os.getpid()), memory(engine._process.pid)))
        if done == jobs:
            stop.set()

    try:
        with closing(engine):
            await run(config, CivitaiConfig(url=None), engines=[engine], stop=stop, report=report)
    finally:
        await hub.stop()
    failed = [body for body in hub.submitted.values() if body["state"] != "ok"]
    assert failed == [], failed[:3]
    return samples


def copies(folder: Path) -> None:
    """Give each model a folder of its own."""
    for name in MODELS:
        shutil.copytree(WEIGHTS, folder / name)
    (folder / "models.json").write_text(json.dumps({name: name for name in MODELS}))


async def idle(folder: Path) -> tuple[float, float]:
    """Return the megabytes and the share of a core of a worker that has nothing to do."""
    async with _a_worker(folder, unload_minutes=1) as (hub, process):
        job = hub.offer(model="one", payload={"width": 64, "height": 64, "ddim_steps": 2})
        await hub.until(lambda: set(job) <= set(hub.submitted), 300)
        await _engine(process.pid, there=False)
        before = seconds_of(process.pid)
        await asyncio.sleep(QUIET_SECONDS)
        share = (seconds_of(process.pid) - before) / QUIET_SECONDS
        return memory(process.pid), share


async def off_duty(folder: Path) -> float:
    """Return the megabytes of a worker that was started outside its hours."""
    async with _a_worker(folder, hours="never") as (_, process):
        await _engine(process.pid, there=True)
        await _engine(process.pid, there=False)
        return memory(process.pid)


@asynccontextmanager
async def _a_worker(
    folder: Path, **more: object
) -> AsyncIterator[tuple[FakeHub, asyncio.subprocess.Process]]:
    """Run the program itself with the diffusers engine, for a hub of its own."""
    copies(folder)
    hub = FakeHub()
    await hub.start()
    settings = {
        "name": "memory",
        "endpoints": [{"url": hub.url, "key": KEY}],
        "engine": "diffusers",
        "models": str(folder),
        "safety": "open_nsfw",
        "device": "cpu",
        **more,
    }
    document = json.dumps({"worker": settings, "civitai": {"url": None}})
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots", "worker", "--exit-with-parent"),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        env={**os.environ, "HORDEBOTS_WORKER_SETTINGS": document},
    )
    try:
        yield hub, process
    finally:
        process.terminate()
        await process.wait()
        await hub.stop()


async def _engine(pid: int, *, there: bool) -> None:
    """Wait until the engine's process is there, or is gone."""
    async with asyncio.timeout(300):
        while bool(_children(pid)) is not there:
            await asyncio.sleep(0.05)


def _children(pid: int) -> list[str]:
    """Return the commands of a process's children, without Python's own tracker."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    pids = [child for task in tasks for child in task.read_text().split()]
    commands = [Path(f"/proc/{child}/cmdline").read_text() for child in pids]
    return [command for command in commands if "resource_tracker" not in command]
