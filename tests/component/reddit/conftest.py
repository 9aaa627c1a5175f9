"""A fake Reddit, and the bot on it."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from bots.program import open_core
from bots.reddit import RedditAdapter
from common.config import parse, read_account
from common.reddit.settings import RedditSection
from request.production import Patience
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import wait_until
from tests.fakes.reddit import FakeReddit, settings_for

QUICK = Patience(request=60, straggler=60, unreachable=60, impossible=0.3, pause=0.05)


@pytest.fixture
async def fake():
    async with FakeReddit() as running:
        running.world.subreddit("paintings")
        yield running


@pytest.fixture
async def horde():
    async with FakeHorde() as running:
        yield running


class Bot:
    """The program with one account on Reddit."""

    def __init__(self, fake, adapter, core):
        self.fake, self.adapter, self.core, self.world = fake, adapter, core, fake.world
        self.post = fake.world.post(fake.world.subreddit("Cats"))

    def ask(self, text, *, author="ann", post=None, parent=None):
        """Let somebody mention the bot."""
        return self.world.comment(
            author, f"u/painter {text}", post=post or self.post, parent=parent
        )

    async def answer_to(self, asked, count=1):
        """Return the texts of the answers, once there are so many."""
        await wait_until(lambda: len(self.world.answers_to(asked)) >= count)
        return [answer.body for answer in self.world.answers_to(asked)]

    async def quiet(self):
        """Wait until all that was said is read and done with."""
        inbox = self.world.inbox
        await wait_until(
            lambda: not any(note.new for note in inbox) and not self.core.service.running
        )


@pytest.fixture
def start(fake, horde, data_dir):
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
                "communities": {"reddit/cats": {"enabled": True}},
                **more,
            }
        )
        given = settings_for(fake) | {"gallery": "paintings"} | (settings or {})
        async with open_core(config, patience=QUICK, lasting=False) as core:
            adapter = RedditAdapter(
                "reddit",
                read_account(RedditSection, "reddit", given),
                core.services,
                sleep=lambda _seconds: asyncio.sleep(pause),
            )
            stop = asyncio.Event()
            running = asyncio.create_task(core.runner(adapter).run(stop))
            looks = fake.journal.count("unread")
            try:
                await wait_until(lambda: fake.journal.count("unread") > looks)
                yield Bot(fake, adapter, core)
            finally:
                stop.set()
                await running
                await adapter.close()

    return started
