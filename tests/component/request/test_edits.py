"""What somebody wrote and changes: which edits are read in its place."""

from dataclasses import replace

import pytest

from common.model import Ending, IncomingKind, Job
from request.kept.records import RequestState
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database
SINCE = 3600.0


@pytest.fixture
def edit(heard):
    def make(text="draw for me a fox"):
        return replace(heard(text), kind=IncomingKind.EDIT)

    return make


@pytest.fixture
async def known(store, lease, heard):
    return await store.insert_once(lease, heard("drw a fox"), 1)


@pytest.mark.parametrize("ended", [RequestState.REFUSED, RequestState.DONE, RequestState.CANCELLED])
async def test_what_came_to_nothing_is_read_anew_once(store, lease, clock, known, edit, ended):
    await store.answer_decided(lease, known, {"ending": "refused"})
    await store.ended(lease, known, ended)
    clock.now += SINCE
    assert await store.reworded(lease, known, edit(), since=clock.now - SINCE)
    row = await store.request(known)
    assert (row.state, row.incoming.text) == (RequestState.RECEIVED, "draw for me a fox")
    assert (row.outcome, row.parsed, row.created) == (None, None, clock.now)
    await store.ended(lease, known, RequestState.REFUSED)
    assert not await store.reworded(lease, known, edit("draw"), since=0)


async def test_what_is_older_is_not(store, lease, clock, known, edit):
    await store.ended(lease, known, RequestState.REFUSED)
    clock.now += SINCE + 1
    assert not await store.reworded(lease, known, edit(), since=clock.now - SINCE)
    assert (await store.request(known)).incoming.text == "drw a fox"


@pytest.mark.parametrize("ended", [None, RequestState.EXPIRED, RequestState.FAILED])
async def test_nor_is_what_is_at_work_came_too_late_or_broke(store, lease, known, edit, ended):
    if ended is not None:
        await store.ended(lease, known, ended)
    assert not await store.reworded(lease, known, edit(), since=0)
    assert not await store.reworded(lease, "nothere", edit(), since=0)


async def test_nor_is_what_was_understood(store, lease, known, edit):
    planned = (Job(style="raw", prompt="a fox", model="m", n=1),)
    understood = {"parsed": {"prompt": "a fox"}, "rng_seed": 1, "parent": None, "notes": ()}
    await store.resolved(lease, known, planned=planned, **understood)
    await store.ended(lease, known, RequestState.CANCELLED)
    assert not await store.reworded(lease, known, edit(), since=0)


async def test_an_edit_is_answered_below_the_first_answer(start, heard, edit):
    platform = FakePlatform()
    async with start(platform) as core:
        platform.say(heard("draw for me a fox style: nosuchthing"))
        assert (await platform.answer_to("1")).ending is Ending.REFUSED
        await wait_until(lambda: not core.service.at_work.running)
        platform.say(edit("draw for me a fox style: raw --n 1"))
        assert (await platform.answer_to("1", part=2)).ending is Ending.DONE


async def test_an_edit_of_what_nobody_heard_is_heard(start, edit):
    platform = FakePlatform()
    async with start(platform):
        platform.say(edit("draw for me a fox style: raw --n 1"))
        assert (await platform.answer_to("1")).ending is Ending.DONE
