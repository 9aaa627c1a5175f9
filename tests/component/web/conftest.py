"""A web room on a free port with a real database, and a browser without a script."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from bots.web.adapter import WebAdapter
from tests.component.web.house import House
from tests.component.web.visitor import Browser
from tests.fakes.challenge import Challenge, holding


@pytest.fixture
def house(data_dir: Path) -> House:
    return House(data_dir)


@pytest.fixture
async def adapter(house: House) -> AsyncIterator[WebAdapter]:
    async with house.open() as adapter:
        yield adapter


@pytest.fixture
async def challenge(core) -> AsyncIterator[Challenge]:
    """A challenge of the core that a module brings."""
    async with holding(core.events, core.leases, core.services.pictures) as challenge:
        yield challenge


@pytest.fixture
async def visit() -> AsyncIterator[object]:
    """Return a function that makes a browser for an address; each has its own cookies."""
    sessions: list[aiohttp.ClientSession] = []

    def open_browser(adapter: WebAdapter) -> Browser:
        jar = aiohttp.CookieJar(unsafe=True)
        timeout = aiohttp.ClientTimeout(total=30)
        sessions.append(aiohttp.ClientSession(cookie_jar=jar, timeout=timeout))
        return Browser(sessions[-1], adapter.url)

    yield open_browser
    for session in sessions:
        await session.close()


@pytest.fixture
async def browser(adapter: WebAdapter, visit) -> Browser:
    return visit(adapter)
