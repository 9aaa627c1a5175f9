"""The real worker with the real demo engine on the real hub, and a real client asking."""

from __future__ import annotations

import asyncio

import aiohttp
import pytest
from pydantic import SecretStr

from common import pictures
from common.config import HubConfig, WorkerConfig
from common.horde.client import HordeClient
from common.horde.wire import generation_body
from common.model import Job
from hub.server import start
from worker import events
from worker.engines.demo import MODEL
from worker.process import run

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
