"""A room with a challenge, its organiser's browser, and somebody else's."""

from __future__ import annotations

import base64

import pytest

from bots.program import open_core
from bots.web.adapter import WebAdapter
from common.config import parse
from tests.component.web.visitor import link


@pytest.fixture
async def core(house, horde):
    document = {
        "data_dir": str(house.folder),
        "web": {"port": 0, "requests_per_address": 1000},
        "accounts": {"room": {"platform": "web"}, "mastodon": {}},
        "horde": {"endpoints": [{"name": "horde", "url": horde.url, "key": "key-of-the-bot"}]},
        "kudos": {"horde": "horde", "seal_key": base64.b64encode(bytes(range(32))).decode()},
        "events": {"organisers": ["mastodon/ada@example"]},
    }
    async with open_core(parse(document), lasting=False) as core:
        yield core


@pytest.fixture
async def adapter(core):
    adapter = await WebAdapter.build("room", {"platform": "web"}, core.services)
    yield adapter
    await adapter.close()


@pytest.fixture
async def ada(core, adapter, visit):
    """A browser of the organiser's."""
    browser = visit(adapter)
    await link(core, browser)
    return browser


@pytest.fixture(params=["new", "linked"])
async def stranger(request, core, adapter, visit):
    """A browser of somebody else's."""
    browser = visit(adapter)
    if request.param == "linked":
        await link(core, browser, "eve@example", "Eve")
    return browser
