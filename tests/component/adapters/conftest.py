"""Each scenario, once for each platform that can do what it needs."""

from __future__ import annotations

import pytest

from tests.component.adapters.bot import Bot
from tests.component.adapters.plug import Can, plugs
from tests.fakes.horde import FakeHorde

MAKING = 0.05
"""Seconds a request takes: long enough for its webhook to come after the answer to it."""


def pytest_configure(config):
    config.addinivalue_line("markers", "needs(*can): what a platform must be able to do")


def pytest_generate_tests(metafunc):
    if "plug" not in metafunc.fixturenames:
        return
    marker = metafunc.definition.get_closest_marker("needs")
    needed = frozenset(Can(one) for one in marker.args) if marker else frozenset()
    able = [name for name, plug in plugs().items() if needed <= plug.can]
    metafunc.parametrize("plug", able, indirect=True)


@pytest.fixture
async def plug(request):
    async with plugs()[request.param]() as running:
        yield running


@pytest.fixture
async def horde():
    async with FakeHorde(seconds=MAKING) as running:
        yield running


@pytest.fixture
async def bot(plug, horde, data_dir, request):
    """The bot at work; `@pytest.mark.parametrize("settings", [{…}])` sets its `defaults`."""
    settings = request.getfixturevalue("settings") if "settings" in request.fixturenames else {}
    running = Bot(plug, horde, data_dir, settings)
    await running.start()
    yield running
    await running.stop()
