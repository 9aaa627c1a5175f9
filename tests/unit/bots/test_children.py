"""A worker that is started by the program gets all that the configuration says of it."""

import asyncio

import pytest
from pydantic import SecretStr

from bots.assembly.children import WorkerProcess, handed_on
from common.config import (
    CivitaiConfig,
    ModelsConfig,
    ReferenceConfig,
    WorkerConfig,
    WorkerEndpoint,
)
from common.errors import ConfigError
from worker.cli import _settings


def test_all_settings_reach_the_worker_and_options_come_first(tmp_path):
    worker = WorkerConfig(
        nsfw=True,
        safety="open_nsfw",
        endpoints=(WorkerEndpoint(key=SecretStr("k")),),
        models=ModelsConfig(folder=tmp_path, serve=("Deliberate",), gigabytes=7),
        unload_minutes=3,
    )
    civitai = CivitaiConfig(url=None, key=SecretStr("c"))
    settings = _settings(None, handed_on(worker, civitai, ReferenceConfig(url=None)))
    assert settings.worker == worker
    assert (settings.civitai, settings.reference.url) == (civitai, None)
    named = _settings(
        None, handed_on(worker, civitai, ReferenceConfig(url=None)), name="attic card"
    )
    assert (named.worker.name, named.worker.nsfw) == ("attic card", True)


def test_settings_that_are_none_are_a_sentence():
    with pytest.raises(ConfigError, match="HORDEBOTS_WORKER_SETTINGS"):
        _settings(None, "{")


async def test_a_worker_the_system_does_not_start_is_tried_again():
    settings = WorkerConfig(engine="x" * 4_000_000)  # more than the system takes: no process
    told: list[str] = []
    pauses: list[float] = []
    enough = asyncio.Event()

    async def wait(seconds):
        pauses.append(seconds)
        if len(pauses) == 3:
            enough.set()
            await asyncio.Event().wait()

    worker = WorkerProcess(
        settings,
        lambda _kind, text: told.append(text),
        CivitaiConfig(url=None),
        ReferenceConfig(url=None),
        sleep=wait,
    )
    async with worker, asyncio.timeout(30):
        await enough.wait()
    assert pauses == [0.5, 1, 2]
    assert len(told) == 3
    assert "cannot be started" in told[0]
