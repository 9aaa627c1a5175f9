"""Nothing that goes wrong in one place stops another, loses a request, or repeats an effect."""

import asyncio
import sqlite3
import threading
from dataclasses import replace

import pytest

from common.config import PlaceConfig
from common.database import open_database
from common.errors import StoreError
from common.model import Ending, IncomingKind, Place
from request.allowed.terms import Patience
from request.kept.leases import Leases
from request.kept.records import JobState, RequestState
from request.kept.store import event_key
from request.runner import AGAIN_AFTER
from tests.fakes.horde import FakeHorde, Fate, faults
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until, wait_while

pytestmark = pytest.mark.database
FOX = "draw for me a fox style: raw --n 1"


def submissions(horde, count):
    return wait_until(lambda: horde.journal.count("submit") == count)


# --- accounts and people --------------------------------------------------------------------


async def test_lost_lease_of_one_account_leaves_other_accounts_alone(start, heard, horde):
    horde.seconds = None
    first, second = FakePlatform("first"), FakePlatform("second")
    async with start(first, second, pace=0.1) as core:
        second.say(replace(heard(FOX), place=Place("second")))
        await submissions(horde, 1)
        await core.leases.take("first")  # somebody else serves it from now on
        await asyncio.sleep(0.5)
        horde.finish(next(iter(horde.requests)))
        assert (await second.answer_to("1")).ending is Ending.DONE


async def test_burst_of_one_person_respects_the_limit_and_is_told_once(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_person=1)) as core:
        for number in range(10):
            platform.say(heard(FOX, event=str(number)))
        await wait_until(lambda: platform.posts)
        async with asyncio.timeout(30):
            while len(await core.store.open_requests("web")) != 1:
                await asyncio.sleep(0.01)
        await submissions(horde, 1)
        assert len(platform.posts) == 1


async def test_who_is_not_served_is_told_once_a_day(start, heard, horde):
    platform = FakePlatform()
    async with start(platform):
        for event in ("1", "2"):
            platform.say(heard(FOX, event=event, turned_away="refused.local_only"))
        # the two are read at once: either may be the one that is told
        await wait_until(lambda: platform.posts)
        platform.say(heard("help", event="3", person="bob"))
        await platform.answer_to("3")
    told = [outcome.text for (event, _), (_, outcome, _) in platform.posts.items() if event != "3"]
    assert len(told) == 1
    assert "my own server" in told[0]
    assert horde.journal.count("submit") == 0


async def test_who_presses_a_button_is_always_told(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, place=PlaceConfig(running_per_person=1)):
        for number in range(4):
            platform.say(heard(FOX, event=str(number), expects=True))
        await wait_until(lambda: len(platform.posts) == 3)


async def test_two_of_one_name_do_not_take_turns(database, clock):
    one, twin = Leases(database, "same", now=clock), Leases(database, "same", now=clock)
    assert await one.take("web")
    assert await twin.take("web")
    assert await one.take("web") is None


@pytest.mark.parametrize("person", ["\ud83d", "a\x00b", "x" * 1000])
async def test_odd_ids_and_texts_are_answered_like_any(start, heard, person):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("help \x00\ud83d", person=person))
        assert (await platform.answer_to("1")).ending is Ending.TOLD


def test_long_events_that_begin_alike_are_two(heard):
    keys = {event_key(heard(event="x" * 300 + end)) for end in "ab"}
    assert len(keys) == 2
    assert max(map(len, keys)) <= 255


# --- the database ---------------------------------------------------------------------------


@pytest.fixture
async def impatient(database_url, cluster, database):
    """The same SQLite file, opened so that a lock is noticed at once."""
    if cluster is not None:
        pytest.skip("PostgreSQL has no lock on the whole database")
    opened = await open_database(database_url, busy_timeout=0.05)
    yield opened
    await opened.close()


@pytest.fixture
def lock(database_url):
    """Lock the database for a while, as another program would."""

    path = database_url.split("///", 1)[1]

    def hold(seconds):
        with sqlite3.connect(path, isolation_level=None, timeout=30) as other:
            other.execute("BEGIN IMMEDIATE")
            threading.Event().wait(seconds)
            other.execute("ROLLBACK")
        other.close()

    def held(seconds):
        return asyncio.to_thread(hold, seconds)  # the program goes on meanwhile

    return held


async def test_locked_database_is_outlived_while_listening(start, heard, impatient, lock):
    platform = FakePlatform()
    async with start(platform, on=impatient, pace=0.05):
        platform.say(heard("help"))
        await platform.answer_to("1")
        locking = asyncio.create_task(lock(1.0))
        await asyncio.sleep(0.1)
        platform.say(heard("help", event="lost"))  # the platform delivers it again later
        await locking
        platform.say(heard("help", event="2"))
        await platform.answer_to("2")


async def test_locked_database_is_outlived_while_pictures_are_made(
    start, heard, horde, impatient, lock
):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, on=impatient, pace=0.1):
        platform.say(heard(FOX))
        await submissions(horde, 1)
        await asyncio.sleep(0.3)
        locking = asyncio.create_task(lock(1.5))
        await asyncio.sleep(0.1)
        horde.finish(next(iter(horde.requests)))
        outcome = await platform.answer_to("1")
        await locking
    assert outcome.ending is Ending.DONE
    assert horde.journal.count("submit") == 1


# --- several Hordes -------------------------------------------------------------------------


@pytest.fixture
async def answer_of_two(start, heard, horde):
    """Ask for a fox where another Horde comes first, and return the answer."""

    async def answered(first):
        platform = FakePlatform()
        async with first, start(platform, urls=[first.url, horde.url]):
            platform.say(heard(FOX))
            return await platform.answer_to("1")

    return answered


async def test_hub_without_workers_is_passed_over(answer_of_two):
    hub = FakeHorde(models={})
    hub.fate = Fate.IMPOSSIBLE
    assert (await answer_of_two(hub)).ending is Ending.DONE


async def test_what_one_horde_rejects_is_taken_to_the_next(answer_of_two):
    hub = FakeHorde()
    hub.fail("submit", faults.rc("KudosUpfront"))
    assert (await answer_of_two(hub)).ending is Ending.DONE


async def test_words_that_one_horde_rejects_are_not_carried_on(answer_of_two, horde):
    hub = FakeHorde()
    hub.fail("submit", faults.rc("CorruptPrompt"))
    assert (await answer_of_two(hub)).ending is Ending.FAILED
    assert horde.journal.count("submit") == 0


async def test_busy_horde_behind_a_forbidden_one_is_waited_for(start, heard, horde):
    platform = FakePlatform()
    async with FakeHorde() as hub:
        hub.fail("submit", faults.rc("InvalidAPIKey"), times=9)
        horde.fail("submit", faults.rc("TooManyPrompts"))
        patience = Patience(unreachable=30, pause=0.05)
        async with start(platform, urls=[hub.url, horde.url], patience=patience) as core:
            platform.say(heard(FOX))
            await wait_until(lambda: any(shown.own_queue for shown in platform.progress))
            core.hordes.endpoints[1].turns.knock()
            outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.DONE


async def test_picture_that_came_damaged_is_fetched_again(start, heard, horde):
    horde.fail("picture", faults.truncate())
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(FOX))
        assert (await platform.answer_to("1")).ending is Ending.DONE
    assert (horde.journal.count("picture"), horde.journal.count("submit")) == (2, 1)


# --- taking back, waiting, stopping ---------------------------------------------------------


async def test_deletion_does_not_stop_listening(start, heard, horde):
    horde.seconds = None
    horde.fail("cancel", faults.hang())
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(FOX))
        await submissions(horde, 1)
        platform.say(heard("", kind=IncomingKind.DELETION))
        platform.say(heard("help", event="2"))
        await platform.answer_to("2")
        assert horde.journal.count("cancel") == 0
        horde.heal("cancel")  # where it has not come yet
        horde.let_go()


async def test_deletion_is_written_down_before_the_next_thing_is_heard(start, heard, horde):
    class Reading(FakePlatform):
        """One that looks at what has become of what was heard, when asked for more."""

        open: str | None = None

        async def listen(self):
            async for incoming in super().listen():
                yield incoming
                (request_id,) = await self.core.store.open_requests("web") or ("",)
                self.open = request_id

    horde.seconds = None
    horde.fail("submit", faults.hang())  # nothing that is at work is waited for
    platform = Reading()
    async with start(platform) as platform.core:
        platform.say(heard(FOX))
        await submitting_soon(platform.core)
        platform.say(heard("", kind=IncomingKind.DELETION))
        await wait_until(lambda: platform.open == "")
        horde.let_go()
    assert platform.posts == {}


async def submitting_soon(core):
    await wait_until(lambda: submitting(core))


async def test_what_has_ended_is_not_opened_again(store, lease, heard):
    request_id = await store.insert_once(lease, heard(), 1)
    assert await store.ended(lease, request_id, RequestState.CANCELLED)
    with pytest.raises(StoreError, match="has ended meanwhile"):
        await store.answer_decided(lease, request_id, {})
    assert not await store.ended(lease, request_id, RequestState.DONE)
    assert (await store.request(request_id)).state is RequestState.CANCELLED


async def test_deletion_cut_short_by_a_stop_still_counts(start, heard, horde):
    horde.seconds = None
    horde.fail("cancel", faults.hang(1))
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard(FOX))
        await submissions(horde, 1)
        (request_id,) = await core.store.open_requests("web")
        platform.say(heard("", kind=IncomingKind.DELETION))
        await wait_while(lambda: core.store.open_requests("web"))
    assert (await core.store.request(request_id)).state is RequestState.CANCELLED
    assert platform.posts == {}


async def test_stop_while_submitting_wastes_nothing(start, heard, horde):
    horde.seconds = None
    horde.fail("submit", faults.delay(3600))
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard(FOX))
        await submitting_soon(core)
        await wait_until(lambda: horde.held)
        asyncio.get_running_loop().call_later(0.3, horde.let_go)  # while it ends
    again = FakePlatform(posts=platform.posts)
    async with start(again):
        await wait_until(lambda: horde.requests)
        horde.finish(next(iter(horde.requests)))
        assert (await again.answer_to("1")).ending is Ending.DONE
    assert horde.journal.count("submit") == 1


async def submitting(core):
    open_requests = await core.store.open_requests("web")
    jobs = [job for one in open_requests for job in await core.store.jobs_of(one)]
    return any(job.state is JobState.SUBMITTING for job in jobs)


async def test_platform_that_hangs_when_asked_is_asked_again(start, heard):
    class Slow(FakePlatform):
        asked = 0

        async def find_own_reply(self, incoming, part, known=()):
            self.asked += 1
            if self.asked == 1:
                await asyncio.Event().wait()
            return await super().find_own_reply(incoming, part, known)

    platform = Slow()
    platform.capabilities = replace(platform.capabilities, reply_timeout=0.2)
    async with start(platform):
        platform.say(heard("help"))
        await platform.answer_to("1")
    assert platform.asked == 2


async def test_request_is_never_given_up_however_often_it_breaks(start, heard):
    class Broken(FakePlatform):
        asked = 0

        async def find_own_reply(self, incoming, part, known=()):
            self.asked += 1
            if self.asked <= len(AGAIN_AFTER) + 2:
                raise ZeroDivisionError
            return await super().find_own_reply(incoming, part, known)

    platform = Broken()
    async with start(platform, pace=0.01):
        platform.say(heard("help"))
        await platform.answer_to("1")
