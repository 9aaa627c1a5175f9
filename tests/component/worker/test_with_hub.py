"""The real worker with the real demo engine on the real hub, and a real client asking."""

from __future__ import annotations

import asyncio
import tomllib
from pathlib import Path

import aiohttp
import pytest
from pydantic import SecretStr

from common import pictures
from common.config import HubConfig, WorkerConfig
from common.errors import WorkerError
from common.horde.client import HordeClient
from common.horde.wire import generation_body
from common.model import Job
from hub.server import start
from worker import events
from worker.engines import build_engine
from worker.engines.demo import MODEL
from worker.process import run

EXAMPLE = Path(__file__).parents[3] / "docs" / "examples" / "gradient"
BOT_KEY, HOST_KEY = "bot-key-for-tests", "host-key-for-tests"


@pytest.fixture
async def real_hub(tmp_path):
    config = HubConfig.model_validate(
        {
            "port": 0,
            "users": [{"name": "bot", "key": BOT_KEY}, {"name": "host", "key": HOST_KEY}],
        }
    )
    hub = await start(config, tmp_path)
    yield hub
    await hub.close()


async def ask(horde: HordeClient, job: Job):
    """Ask for pictures and wait for them."""
    submitted = await horde.submit(generation_body(job))
    async with asyncio.timeout(50):
        while True:
            check = await horde.check(submitted.id)
            if check.done or check.faulted:
                return await horde.status(submitted.id)
            await asyncio.sleep(0.05)


async def test_pictures_come_back_as_asked(real_hub):
    stop, told = asyncio.Event(), []
    config = WorkerConfig(name="demo worker", url=real_hub.url, key=SecretStr(HOST_KEY))
    worker = asyncio.create_task(run(config, stop=stop, report=told.append))
    async with aiohttp.ClientSession() as session:
        horde = HordeClient(real_hub.url, SecretStr(BOT_KEY), session, name="hub")
        job = Job(
            style="raw",
            prompt="a red fox",
            model=MODEL,
            n=2,
            seed="7",
            steps=8,
            width=256,
            height=256,
        )
        status = await ask(horde, job)
        files = [
            await horde.download(picture.img, limit_bytes=5_000_000)
            for picture in status.generations
        ]
    stop.set()
    await asyncio.wait_for(worker, 30)
    assert not status.faulted
    assert [pictures.verify(file).width for file in files] == [256] * 2
    assert len({pictures.sha256(file) for file in files}) == 2
    assert all("a red fox" in pictures.read_parameters(file) for file in files)
    for picture, file in zip(status.generations, files, strict=True):
        assert f"Seed: {picture.seed}," in pictures.read_parameters(file)
        assert picture.worker_name == "demo worker"
    assert len([event for event in told if isinstance(event, events.Submitted)]) == 2
    assert not [event for event in told if isinstance(event, events.Failed)]


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Have the example of an engine found as if its package were installed."""
    about = tmp_path / "hordebots_gradient-0.1.dist-info"
    about.mkdir()
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text("utf-8"))["project"]
    (about / "METADATA").write_text(
        f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: 0.1\n"
    )
    groups = project["entry-points"].items()
    lines = [f"[{group}]\n{name} = {value}\n" for group, of in groups for name, value in of.items()]
    (about / "entry_points.txt").write_text("".join(lines))
    monkeypatch.syspath_prepend(EXAMPLE)
    monkeypatch.syspath_prepend(tmp_path)


@pytest.mark.usefixtures("installed")
async def test_an_engine_in_a_package_of_its_own_serves_like_ours(real_hub):
    stop = asyncio.Event()
    config = WorkerConfig(url=real_hub.url, key=SecretStr(HOST_KEY), engine="gradient")
    worker = asyncio.create_task(run(config, stop=stop, report=print))
    async with aiohttp.ClientSession() as session:
        horde = HordeClient(real_hub.url, SecretStr(BOT_KEY), session, name="hub")
        job = Job(style="raw", prompt="dusk", model="gradient", n=1, seed="7", width=128, height=64)
        [picture] = (await ask(horde, job)).generations
        file = await horde.download(picture.img, limit_bytes=5_000_000)
    stop.set()
    await asyncio.wait_for(worker, 30)
    image = pictures.decode(file).convert("L")
    assert image.size == (128, 64)
    assert image.getpixel((5, 61)) - image.getpixel((5, 2)) > 70
    with pytest.raises(WorkerError, match="comfyui, demo, diffusers, gradient"):
        build_engine(config.model_copy(update={"engine": "charcoal"}))
