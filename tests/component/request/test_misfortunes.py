"""A mistake of ours, or of a platform's library, in one thing leaves all other things alone."""

import asyncio
import sqlite3
from dataclasses import replace

import pytest
import sqlalchemy as sa

from common.config import ShowcaseConfig
from common.errors import LeaseLost
from common.model import Ending, IncomingKind
from request.kept.records import JobState, RequestState
from request.kept.tables import requests
from tests.fakes.horde import faults
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until, wait_while

pytestmark = pytest.mark.database
DRAW = "draw for me a fox style: raw --n 1"
LONG = "x" * 200_000
TWO = "draw for me a fox style: raw --n 2"


class Wall(FakePlatform):
    """A platform that shows copies; its library fails at one of them in its own way."""

    spoilt = ""
    """Id of the request whose copy it fails at; the others wait until there is one."""

    def __init__(self, name="show"):
        super().__init__(name)
        self.shown = {}

    async def publish(self, publication):
        if publication.request == self.spoilt or not self.spoilt:
            raise ZeroDivisionError
        post = f"copy-{len(self.shown)}"
        self.shown[post] = publication
        return post

    async def find_published(self, publication):
        return None

    async def unpublish(self, to, post):
        self.shown.pop(post)


class Asking(FakePlatform):
    """A platform with polls."""

    def __init__(self):
        super().__init__()
        self.capabilities = replace(self.capabilities, poll_options=4)
        self.polls = []
        self.broken = False

    async def poll(self, incoming, question, options, *, under):
        self.polls.append(under)
        if self.broken:
            raise ZeroDivisionError
        return f"poll-{under}"

    async def count(self, post):
        raise ZeroDivisionError


@pytest.fixture
def narrow(database):
    """A database that has no place for `LONG`: PostgreSQL has none, SQLite where it is told so."""
    engine = database.engine.sync_engine

    def limit(connection, _record):
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, len(LONG))

    if engine.dialect.name == "sqlite":
        sa.event.listen(engine, "connect", limit)


@pytest.mark.usefixtures("narrow")
async def test_what_the_database_will_never_take_ends_its_request_and_is_not_sent_again(
    start, heard, horde
):
    horde.fail("submit", faults.says(202, {"id": LONG, "kudos": 1.0}))
    platform = FakePlatform()
    async with start(platform, pace=0.05) as core:
        platform.say(heard(DRAW, event="1"))
        answer = await platform.answer_to("1")
        assert answer.ending is Ending.FAILED
        assert "Something broke on my side" in answer.text
        await wait_while(lambda: core.store.open_requests("web"))
        assert horde.journal.count("submit") == 1
        platform.say(heard(DRAW, event="2"))
        assert (await platform.answer_to("2")).ending is Ending.DONE


@pytest.mark.usefixtures("narrow")
async def test_a_post_that_can_never_be_noted_stands_and_its_request_ends(start, heard):
    class Wordy(FakePlatform):
        """A platform that gives its first post no name but a novel."""

        async def reply(self, incoming, outcome, part):
            post = await super().reply(incoming, outcome, part)
            return LONG if incoming.event == "1" else post

        async def find_own_reply(self, incoming, part, known=()):
            return LONG if await super().find_own_reply(incoming, part) else None

    platform = Wordy()
    one = heard(DRAW, event="1")
    async with start(platform, pace=0.05) as core:
        platform.say(one)
        await platform.answer_to("1")
        await wait_while(lambda: core.store.open_requests("web"))
        row = await core.store.request(await core.store.request_of_event(one))
        assert (row.state, platform.attempts) == (RequestState.FAILED, 1)
        assert len(await core.store.pictures_of(row.id)) == 1


@pytest.mark.usefixtures("narrow")
async def test_what_can_never_be_written_down_does_not_make_an_account_deaf(start, heard):
    class Counting(FakePlatform):
        """A platform that counts how often it begins to be listened to."""

        begun = 0

        async def listen(self):
            self.begun += 1
            async for incoming in super().listen():
                yield incoming

    platform = Counting()
    async with start(platform, pace=0.05):
        platform.say(heard(f"help {LONG}", event="1"))
        platform.say(heard("help", event="2", expects=True))
        assert (await platform.answer_to("2")).ending is Ending.TOLD
        assert platform.begun == 1


async def test_a_copy_that_cannot_be_posted_does_not_keep_others_from_being_posted(
    start, heard, database
):
    web, wall = FakePlatform(), Wall()
    places = (ShowcaseConfig(account="show", to="wall", per_hour=3600),)
    async with start(web, wall, pace=0.05, showcase=places):
        web.say(heard("share always", event="1"))
        await web.answer_to("1")
        web.say(heard(DRAW, event="2"))
        wall.spoilt = (await web.answer_to("2")).request
        web.say(heard(DRAW, event="3"))
        good = (await web.answer_to("3")).request
        await wait_until(lambda: wall.shown)
        assert [one.request for one in wall.shown.values()] == [good]


async def test_a_poll_that_cannot_be_counted_does_not_keep_what_is_old_from_being_deleted(
    start, heard, database
):
    platform = Asking()
    old = heard(TWO, event="1")
    async with start(platform, pace=0.05) as core:
        platform.say(old)
        await platform.answer_to("1")
        await wait_until(lambda: platform.polls)
        platform.say(heard("help", event="2", expects=True))
        await platform.answer_to("2")
        await wait_while(lambda: core.store.open_requests("web"))
        async with database.write() as connection:  # the other one became old meanwhile
            others = requests.c.id == await core.store.request_of_event(heard(event="2"))
            await connection.execute(requests.update().where(others).values(changed=0.0))
        await wait_while(lambda: core.store.request_of_event(heard(event="2")))
        assert await core.store.request_of_event(old) is not None


async def answered_for_good(start, heard, platform):
    """Ask for two pictures and wait until nothing is left to be done about them."""
    async with start(platform, pace=0.05) as core:
        platform.say(heard(TWO, event="1"))
        await platform.answer_to("1")
        await wait_while(lambda: core.store.open_requests("web"))


async def test_a_poll_of_which_nobody_knows_whether_it_was_asked_is_not_asked_again(start, heard):
    platform = Asking()
    platform.broken = True
    await answered_for_good(start, heard, platform)
    assert len(platform.polls) == 1


async def test_a_poll_that_hangs_is_given_up(start, heard):
    class Hanging(Asking):
        async def poll(self, incoming, question, options, *, under):
            self.polls.append(under)
            await asyncio.Event().wait()

    platform = Hanging()
    platform.capabilities = replace(platform.capabilities, reply_timeout=0.2)
    await answered_for_good(start, heard, platform)
    assert len(platform.polls) == 1


async def test_what_a_horde_is_to_be_told_is_not_forgotten_when_the_database_fails(
    start, heard, horde
):
    horde.seconds = None
    platform = FakePlatform()
    event = heard(DRAW)
    async with start(platform, pace=0.05) as core:
        platform.say(event)
        await wait_until(lambda: horde.journal.count("check"))
        request_id = await core.store.request_of_event(event)
    async with start() as core:  # nobody sweeps here
        held = await core.leases.take("web")
        await core.store.ended(held, request_id, RequestState.CANCELLED)  # and then it died
        production = core.service._production
        with pytest.raises(LeaseLost):
            await production.tidy(replace(held, fence=held.fence - 1))
        told = horde.journal.count("cancel")
        await production.tidy(held)
        assert horde.journal.count("cancel") == told + 1
        [job] = await core.store.jobs_of(request_id)
        assert job.state is JobState.CANCELLED


async def test_an_event_deleted_twice_is_taken_back_to_the_end(start, heard):
    class Slow(FakePlatform):
        """One whose posts go slowly."""

        removing = 0

        async def remove(self, incoming, post):
            self.removing += 1
            await self.gone.wait()

    platform = Slow()
    platform.gone = asyncio.Event()
    async with start(platform) as core:
        platform.say(heard("help"))
        await platform.answer_to("1")
        await wait_while(lambda: core.store.open_requests("web"))
        platform.say(heard("", kind=IncomingKind.DELETION))
        await wait_until(lambda: platform.removing == 1)
        platform.say(heard("", kind=IncomingKind.DELETION))
        platform.say(heard("help", event="2", person="zoe"))
        await platform.answer_to("2")
        runner_tasks = [one for one in asyncio.all_tasks() if "withdraw-" in one.get_name()]
        assert len(runner_tasks) == 1
        platform.gone.set()
