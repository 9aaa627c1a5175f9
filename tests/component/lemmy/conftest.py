"""A fake Lemmy in each version, held to Lemmy's own types, and the bot on it."""

import asyncio
import os
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bots.lemmy import LemmyAdapter
from bots.program import open_core
from common.config import parse, read_account
from common.lemmy.settings import LemmySection
from request.production import Patience
from tests.fakes.horde import FakeHorde
from tests.fakes.lemmy import FakeLemmy
from tests.fakes.lemmy.contract import violations
from tests.fakes.platform import wait_until

QUICK = Patience(request=60, straggler=60, unreachable=60, impossible=0.3, pause=0.05)


@pytest.fixture(params=["0.19", "1.0"])
async def lemmy(request):
    async with FakeLemmy(request.param) as running:
        for kind in ("comment", "image", "message"):  # tests look more often than bots do
            running.limits.rates[kind] = (100_000, 60)
        yield running
    if os.environ.get("CONTRACTS_DIR"):
        assert [wrong for e in running.journal.exchanges for wrong in violations(e)] == []


@pytest.fixture
async def horde():
    async with FakeHorde() as running:
        yield running


class Bot:
    """The program with one account on a Lemmy."""

    def __init__(self, lemmy, adapter, core):
        self.lemmy, self.adapter, self.core = lemmy, adapter, core
        world = lemmy.world
        self.community = world.community("cats")
        self.post = world.post(self.community)
        self.ann = world.person("ann", host="elsewhere.example")

    def ask(self, text, *, person=None, post=None, parent=None, **more):
        """Let somebody mention the bot."""
        text = f"@painter@{self.lemmy.origin.removeprefix('http://')} {text}"
        return self.lemmy.world.comment(
            person or self.ann, text, post=post or self.post, parent=parent, **more
        )

    async def answer_to(self, asked, count=1):
        """Return the texts of the answers, once there are so many."""
        world = self.lemmy.world
        await wait_until(lambda: len(world.answers_to(asked)) >= count)
        return [answer.content for answer in world.answers_to(asked)]

    async def quiet(self):
        """Wait until all that was said is read and done with."""

        def done():
            told = self.lemmy.world.notifications.values()
            unread = [one for one in told if not one.read and one.recipient is self.lemmy.world.bot]
            return not unread and not self.core.service.running

        await wait_until(done)


@pytest.fixture
def start(lemmy, horde, data_dir):
    """Start the program with its account; leaving it stops it, and it may be started again."""

    @asynccontextmanager
    async def started(*, settings=None, pause=0.02, **more):
        config = parse(
            {
                "data_dir": str(data_dir),
                "instance": "one",
                "horde": {"endpoints": [{"name": "fake", "url": horde.url}]},
                "reference": {"url": None},
                "civitai": {"url": None},
                "defaults": {"pictures": 1},
                **more,
            }
        )
        given = {
            "url": lemmy.origin,
            "username": "painter",
            "password": lemmy.password,
            "opt_in": False,
            **(settings or {}),
        }
        async with open_core(config, patience=QUICK, lasting=False) as core:
            adapter = LemmyAdapter(
                "lemmy",
                read_account(LemmySection, "lemmy", given),
                core.services,
                aiohttp.ClientSession(),
                sleep=lambda _seconds: asyncio.sleep(pause),
            )
            stop = asyncio.Event()
            running = asyncio.create_task(core.runner(adapter).run(stop))
            try:
                await wait_until(
                    lambda: lemmy.journal.count("notifications") + lemmy.journal.count("messages")
                )
                yield Bot(lemmy, adapter, core)
            finally:
                stop.set()
                await running
                await adapter.close()

    return started
