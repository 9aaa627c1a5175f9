"""A fake Lemmy in each version, held to Lemmy's own types, and the bot on it."""

import os
from contextlib import asynccontextmanager

import aiohttp
import pytest

from bots.lemmy.adapter import LemmyAdapter
from bots.lemmy.settings import LemmySection
from common.config import read_account
from tests.component import accounts
from tests.fakes.lemmy import FakeLemmy
from tests.fakes.lemmy.contract import violations
from tests.waiting import wait_until


@pytest.fixture(params=["0.19", "1.0"])
async def lemmy(request):
    async with FakeLemmy(request.param) as running:
        for kind in ("comment", "image", "message"):  # tests look more often than bots do
            running.limits.rates[kind] = (100_000, 60)
        yield running
    if os.environ.get("CONTRACTS_DIR"):
        assert [wrong for e in running.journal.exchanges for wrong in violations(e)] == []


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
            return not unread and not self.core.service.at_work.running

        await wait_until(done)


@pytest.fixture
def start(lemmy, horde, data_dir):
    """Start the program with its account; leaving it stops it, and it may be started again."""

    @asynccontextmanager
    async def started(*, settings=None, **more):
        given = {
            "url": lemmy.origin,
            "username": "painter",
            "password": lemmy.password,
            "opt_in": False,
            **(settings or {}),
        }
        config = accounts.settings(data_dir, horde, more)
        async with accounts.serving(
            config,
            lambda core: LemmyAdapter(
                "lemmy",
                read_account(LemmySection, "lemmy", given),
                core.services,
                aiohttp.ClientSession(),
                sleep=accounts.look_again,
            ),
            lambda: lemmy.journal.count("notifications") + lemmy.journal.count("messages"),
        ) as (core, adapter):
            yield Bot(lemmy, adapter, core)

    return started
