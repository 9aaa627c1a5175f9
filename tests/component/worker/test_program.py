"""The worker as a process of its own: its command, its signals, its parent's death."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest
import yaml

from tests.fakes.hub import KEY, FakeHub

pytestmark = pytest.mark.program

ROOT = Path(__file__).parents[3]
PROGRAM = """
import typer
from worker.cli import register
from worker.engines import ENGINES
ENGINES["paint"] = "tests.component.worker.paint:PaintEngine"
ENGINES["stubborn"] = "tests.component.worker.paint:StubbornEngine"
app = typer.Typer(pretty_exceptions_enable=False)
app.callback()(lambda: None)
register(app)
app()
"""
PARENT = """
import subprocess, sys, time
child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdin=subprocess.PIPE)
time.sleep(600)
"""
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "NO_COLOR": "1"}
ENVIRONMENT.pop("HORDEBOTS_WORKER_KEY", None)


def arguments(hub: FakeHub, *extra: str, engine: str = "paint") -> list[str]:
    options = ["--name", "paint shop", "--url", hub.url, "--engine", engine]
    return ["-c", PROGRAM, "worker", *options, *extra]


async def launch(*args: str, **environment: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *args,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        cwd=ROOT,
        env={**ENVIRONMENT, **environment},
    )


async def ended(process: asyncio.subprocess.Process, seconds: float) -> str:
    """Wait until the process has ended; return what it printed."""
    try:
        output, _ = await asyncio.wait_for(process.communicate(), seconds)
    finally:
        if process.returncode is None:
            process.kill()
    return output.decode()


async def test_ctrl_c_finishes_and_ends_well(hub):
    process = await launch(*arguments(hub), HORDEBOTS_WORKER_KEY=KEY)
    [job] = hub.offer()
    await hub.until(lambda: job in hub.submitted)
    asked = hub.journal.count("pop")
    await hub.until(lambda: hub.journal.count("pop") > asked)
    process.send_signal(signal.SIGINT)
    output = await ended(process, 30)
    assert process.returncode == 0
    assert f"paint shop serves {hub.url} with the engine paint: paint" in output
    assert "1 × paint, 128 × 64, 8 steps" in output
    assert "delivered (seed 41, 3.5 kudos)" in output
    assert KEY not in output


async def test_settings_come_from_the_file(hub, tmp_path):
    file = tmp_path / "config.yaml"
    section = {"name": "from the file", "url": hub.url, "key": KEY, "engine": "paint"}
    file.write_text(yaml.safe_dump({"worker": section}))
    process = await launch("-c", PROGRAM, "worker", "--config", str(file))
    await hub.until(lambda: hub.journal.of("pop"))
    assert hub.journal.of("pop")[0].body["name"] == "from the file"
    process.send_signal(signal.SIGTERM)
    await ended(process, 30)
    assert process.returncode == 0


@pytest.mark.parametrize(
    ("extra", "sentence"),
    [
        (("--engine", "warp"), "There is no engine called warp. Known are: "),
        ((), "The worker needs an API key"),
        (("--key", "wrong"), "does not know the worker's key"),
        (("--name", "x"), "worker.name: "),
    ],
)
async def test_a_mistake_is_one_sentence(hub, extra, sentence):
    process = await launch(*arguments(hub, *extra))
    output = await ended(process, 90)
    assert process.returncode == 1
    assert sentence in output
    assert "Traceback" not in output


@pytest.mark.parametrize("engine", ["paint", "stubborn"])
async def test_the_worker_ends_when_its_parent_is_killed(hub, engine):
    """Even while an engine is at a job and does not listen."""
    worker = arguments(hub, "--key", KEY, "--exit-with-parent", engine=engine)
    parent = await launch("-c", PARENT, *worker)
    [job] = hub.offer()
    await hub.until(lambda: not hub.jobs)
    if engine == "paint":
        await hub.until(lambda: job in hub.submitted)
    parent.kill()
    # the worker holds the other end of this pipe: its end is the worker's end
    await ended(parent, 60)  # it takes half a second, but the machine may be busy
    await asyncio.sleep(0.3)  # what it asked for last is on its way
    asked = hub.journal.count("pop")
    await asyncio.sleep(0.3)
    assert hub.journal.count("pop") == asked
