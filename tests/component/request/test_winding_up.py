"""Ending, taking back and putting back: nothing in progress is lost, nothing left behind."""

import asyncio

import pytest
from structlog.testing import capture_logs

from common.errors import PlatformError, PlatformRefused, Refusal
from common.model import Ending, IncomingKind
from request.kept.marks import Marks
from request.kept.records import JobState, RequestState
from request.runner import Runner
from request.talking.reports import Reports
from tests.fakes.horde import Fate, faults
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database
FOX = "draw for me a fox style: raw --n 1"


async def state_of(core, event_of):
    request_id = await core.store.request_of_event(event_of)
    return (await core.store.request(request_id)).state


# --- what is deleted on the Horde -----------------------------------------------------------


async def test_what_is_taken_back_is_deleted_on_the_horde(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(FOX))
        await wait_until(lambda: horde.journal.count("submit"))
        platform.say(heard("", kind=IncomingKind.DELETION))
        await wait_until(lambda: horde.journal.count("cancel"))
    assert horde.journal.count("cancel") == 1


async def test_what_is_left_for_the_next_start_is_not_deleted_on_the_horde(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard(FOX))
        await wait_until(lambda: horde.journal.count("check"))
    assert horde.journal.count("cancel") == 0
    horde.finish(next(iter(horde.requests)))
    async with start(platform):
        assert (await platform.answer_to("1")).ending is Ending.DONE
    assert horde.journal.count("submit") == 1


async def test_a_horde_that_does_not_answer_is_told_later(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    event = heard(FOX)
    async with start(platform, pace=0.05) as core:
        platform.say(event)
        await wait_until(lambda: horde.journal.count("check"))
        horde.fail("cancel", faults.answer(500, "no"), 3)
        platform.say(heard("", kind=IncomingKind.DELETION))
        await wait_until(lambda: horde.journal.count("cancel") > 3)
        request_id = await core.store.request_of_event(event)
        async with asyncio.timeout(30):
            while (await core.store.jobs_of(request_id))[0].state is not JobState.CANCELLED:
                await asyncio.sleep(0.02)
        assert await state_of(core, event) is RequestState.CANCELLED


async def test_what_a_crash_left_undeleted_is_deleted_at_the_next_start(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    event = heard(FOX)
    async with start(platform) as core:
        platform.say(event)
        await wait_until(lambda: horde.journal.count("check"))
        request_id = await core.store.request_of_event(event)
    lease = await core.leases.take("web")
    await core.store.ended(lease, request_id, RequestState.CANCELLED)  # and then it died
    async with start(platform):
        await wait_until(lambda: horde.journal.count("cancel"))


# --- what is in progress --------------------------------------------------------------------


async def test_an_answer_that_is_being_posted_gets_out_before_the_end(start, heard):
    posting, let_go = asyncio.Event(), asyncio.Event()

    class Slow(FakePlatform):
        async def reply(self, incoming, outcome, part):
            posting.set()
            await let_go.wait()
            return await super().reply(incoming, outcome, part)

    platform = Slow()
    event = heard("help")

    async def later():
        await asyncio.sleep(0.2)
        let_go.set()

    async with start(platform) as core:
        platform.say(event)
        await posting.wait()
        releasing = asyncio.create_task(later())
    await releasing
    assert platform.posts
    assert await state_of(core, event) is RequestState.DONE


async def test_a_platform_that_does_not_take_an_answer_does_not_hold_up_the_end(start, heard):
    platform = FakePlatform()
    platform.faults.extend([PlatformError(platform="web", problem="down")] * 50)
    event = heard("help")
    async with start(platform) as core:
        platform.say(event)
        await wait_until(lambda: platform.attempts)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 30
    assert await state_of(core, event) is RequestState.REPLYING


# --- what is put back -----------------------------------------------------------------------


async def test_a_failed_request_that_is_put_back_is_answered_below_its_first_answer(
    start, heard, horde
):
    horde.plan.extend([Fate.FAULTED, Fate.FAULTED])
    platform = FakePlatform()
    event = heard(FOX)
    async with start(platform, pace=0.05) as core:
        platform.say(event)
        assert (await platform.answer_to("1")).ending is Ending.FAILED
        request_id = await core.store.request_of_event(event)
        await wait_until(lambda: not core.service.at_work.running)
        assert await core.store.put_back(request_id) is RequestState.RECEIVED
        assert (await platform.answer_to("1", part=2)).ending is Ending.DONE
        await wait_until(lambda: not core.service.at_work.running)
        assert await state_of(core, event) is RequestState.DONE
        assert len(await core.store.posts_of(request_id)) == 2
        with pytest.raises(Refusal, match="was answered with pictures"):
            await core.store.put_back(request_id)


async def test_an_answer_its_platform_refused_is_posted_again_without_being_made_again(
    start, heard, horde
):
    platform = FakePlatform()
    platform.faults.append(PlatformRefused(platform="web", problem="forbidden"))
    event = heard(FOX)
    async with start(platform, pace=0.05) as core:
        platform.say(event)
        await wait_until(lambda: platform.attempts and not core.service.at_work.running)
        request_id = await core.store.request_of_event(event)
        assert await state_of(core, event) is RequestState.FAILED
        assert await core.store.put_back(request_id) is RequestState.REPLYING
        assert (await platform.answer_to("1")).ending is Ending.DONE
    assert horde.journal.count("submit") == 1


async def test_what_is_too_old_is_answered_when_it_is_put_back(start, heard, clock):
    platform = FakePlatform()
    clock.now -= 20 * 365 * 24 * 3600
    event = heard(FOX)
    async with start(platform, pace=0.05) as core:
        platform.say(event)
        request_id = await wait_until(lambda: core.store.request_of_event(event))
        assert await state_of(core, event) is RequestState.EXPIRED
        await core.store.put_back(request_id)
        assert (await platform.answer_to("1")).ending is Ending.DONE


async def test_what_is_put_back_counts_as_little_as_before_it_was_read(
    store, database, leases, heard, clock
):
    lease = await leases.take("web")
    request_id = await store.insert_once(lease, heard(), 1)
    await store.answer_decided(lease, request_id, {"ending": "refused", "text": "no"})
    await store.ended(lease, request_id, RequestState.REFUSED)
    assert await store.put_back(request_id) is RequestState.RECEIVED
    assert await store.count_of_person("web", "ann", since=0.0, but="") == (0, [])
    assert (
        await Reports(database, Marks(b"key"), now=clock).log("web", "web", since=0, most=9) == []
    )
    assert await store.told_to_person(await store.request(request_id), since=0.0) == []


async def test_what_is_at_work_or_taken_back_or_unknown_is_not_put_back(store, leases, heard):
    lease = await leases.take("web")
    request_id = await store.insert_once(lease, heard(FOX), 7)
    with pytest.raises(Refusal, match="being answered just now"):
        await store.put_back(request_id)
    await store.ended(lease, request_id, RequestState.CANCELLED)
    with pytest.raises(Refusal, match="taken back by whoever asked"):
        await store.put_back(request_id)
    with pytest.raises(Refusal, match="There is no request xyz"):
        await store.put_back("xyz")


async def test_what_is_taken_back_while_it_is_read_is_dropped_without_ado(start, heard, horde):
    platform, stop, asked = FakePlatform(), asyncio.Event(), heard("draw a fox style: horde/foxy")
    horde.fail("style_name", faults.hang())
    async with start() as core:
        runner = Runner(platform, service=core.service, store=core.store, leases=core.leases)
        serving = asyncio.create_task(runner.run(stop))
        with capture_logs() as lines:
            platform.say(asked)
            await wait_until(lambda: horde.held == 1)
            assert await core.service.withdrawal.close_event(runner.lease, asked) is not None
            horde.let_go()
            await wait_until(lambda: not core.service.at_work.running)
        stop.set()
        await serving
        assert await state_of(core, asked) is RequestState.CANCELLED
    told = {line["event"] for line in lines}
    assert "request_ended_meanwhile" in told
    assert "request_interrupted" not in told
    assert platform.posts == {}
