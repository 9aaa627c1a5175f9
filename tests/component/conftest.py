"""What the tests of the rooms share: a database with leases, a Horde, a clock that obeys."""

from __future__ import annotations

import aiohttp
import pytest

from common.database import open_database
from request.kept.leases import Leases
from tests.fakes.clock import Clock
from tests.fakes.horde import FakeHorde


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def database(database_url):
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture
def leases(database, clock):
    return Leases(database, "one", now=clock)


@pytest.fixture
async def horde():
    async with FakeHorde() as running:
        yield running


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened
