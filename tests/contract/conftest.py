"""A hub as the public server is: with an owner's key, a worker's, a stranger's and nobody's."""

from random import Random

import aiohttp
import pytest

from common.config import HubConfig
from hub.server import start
from tests.component.hub.callers import (
    BOT_KEY,
    HOST_KEY,
    STRANGER_KEY,
    USERS,
    Caller,
    Clock,
    Room,
)


@pytest.fixture
async def room(tmp_path):
    clock = Clock()
    config = HubConfig(port=0, users=USERS, anonymous=True)
    running = await start(config, tmp_path, clock=clock, rng=Random(1))
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=30)) as session:
        keys = (BOT_KEY, HOST_KEY, STRANGER_KEY, None)
        yield Room(running, clock, *(Caller(session, running.url, key) for key in keys))
    await running.close()
