"""A fake Reddit, and the bot on it."""

import time
from contextlib import asynccontextmanager

import pytest

from bots.reddit.adapter import RedditAdapter
from bots.reddit.settings import RedditSection
from common.config import read_account
from tests.component import accounts
from tests.fakes.reddit import FakeReddit, settings_for
from tests.waiting import wait_until


@pytest.fixture
async def fake():
    async with FakeReddit() as running:
        running.world.subreddit("paintings")
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
            lambda: not any(note.new for note in inbox) and not self.core.service.at_work.running
        )


@pytest.fixture
def start(fake, horde, data_dir):
    """Start the program with its account; leaving it stops it, and it may be started again."""

    @asynccontextmanager
    async def started(*, settings=None, now=time.time, **more):
        given = settings_for(fake) | {"gallery": "paintings"} | (settings or {})
        places = {"communities": {"reddit/cats": {"enabled": True}}}
        async with accounts.serving(
            accounts.settings(data_dir, horde, places | more),
            lambda core: RedditAdapter(
                "reddit",
                read_account(RedditSection, "reddit", given),
                core.services,
                sleep=accounts.look_again,
                now=now,
            ),
            lambda: fake.journal.count("unread"),
        ) as (core, adapter):
            yield Bot(fake, adapter, core)

    return started
