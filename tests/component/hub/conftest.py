"""A real hub on 127.0.0.1, on a real SQLite file, with a clock in the test's hands."""

from __future__ import annotations

import shutil
from random import Random

import aiohttp
import pytest
import pytest_asyncio

from common.config import HubConfig
from hub.server import start
from tests.component.hub.callers import USERS, Room, opened


@pytest.fixture
async def session():
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        yield session


@pytest.fixture
async def open_room(tmp_path, clock, session, migrated_hub):
    """Start hubs; all of one test share the data folder."""
    started = []
    shutil.copy(migrated_hub, tmp_path)

    async def open_room(**settings):
        config = HubConfig(**({"port": 0, "users": USERS} | settings))
        running = await start(config, tmp_path, clock=clock, rng=Random(1))
        started.append(running)
        return Room.of(running, clock, session)

    yield open_room
    for running in started:
        await running.close()


@pytest.fixture
async def room(open_room):
    return await open_room()


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def shared(tmp_path_factory, migrated_hub):
    """One hub for all tests of a module that leave no trace in it; they share its loop."""
    plenty = {"requests_per_second": 1000, "requests_per_minute": 100_000}
    folder = tmp_path_factory.mktemp("hub")
    shutil.copy(migrated_hub, folder)
    async with opened(folder, **plenty) as room:
        yield room
