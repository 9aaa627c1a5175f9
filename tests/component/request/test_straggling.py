"""Waiting for the last job of a request, when its siblings have ended."""

import asyncio

import pytest

from common.model import Ending
from tests.component.request.conftest import HASTY
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database

SEVERAL = "draw for me a fox style: stylepunks --n 2"


def submissions(horde, count):
    return wait_until(lambda: horde.journal.count("submit") == count)


async def test_job_whose_siblings_failed_is_waited_for(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, patience=HASTY):
        platform.say(heard(SEVERAL))
        await submissions(horde, 2)
        failing, good = list(horde.requests)
        horde.fault(failing)
        await submissions(horde, 3)
        horde.fault(list(horde.requests)[2])
        await asyncio.sleep(2 * HASTY.straggler)
        horde.finish(good)
        outcome = await platform.answer_to("1")
    assert len(outcome.pictures) == 1


async def test_a_job_in_a_long_queue_is_waited_for_when_its_siblings_are_done(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, patience=HASTY) as core:
        platform.say(heard(SEVERAL))
        await submissions(horde, 2)
        first, queued = list(horde.requests)
        horde.requests[queued].queued = True
        (request_id,) = await core.store.open_requests("web")
        tally = core.service.at_work.tallies[request_id]
        await wait_until(lambda: any(tally.waits(number) for number in (1, 2)))
        horde.finish(first)
        await asyncio.sleep(2 * HASTY.straggler)
        horde.finish(queued)
        outcome = await platform.answer_to("1")
    assert len(outcome.pictures) == 2
    assert horde.journal.count("cancel") == 0


async def test_straggler_is_given_up_after_a_restart_too(start, heard, horde):
    horde.seconds = None
    platform = FakePlatform()
    async with start(platform, patience=HASTY) as core:
        platform.say(heard(SEVERAL))
        await submissions(horde, 2)
        (request_id,) = await core.store.open_requests("web")
        horde.finish(next(iter(horde.requests)))
        await wait_until(lambda: core.store.pictures_of(request_id))
    again = FakePlatform(posts=platform.posts)
    async with start(again, patience=HASTY):
        assert (await again.answer_to("1")).ending is Ending.PARTIAL
