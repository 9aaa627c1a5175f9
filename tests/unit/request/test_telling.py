"""Showing how far a request is."""

import asyncio

import pytest

from common.horde.wire import Check
from request.making.progress import Tally
from request.making.telling import Telling
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until


class Pauses:
    """Sleep that lasts until the test says so."""

    def __init__(self):
        self.waiting = []

    async def __call__(self, seconds):
        pause = asyncio.get_running_loop().create_future()
        self.waiting.append(pause)
        await pause

    async def over(self):
        """End the pause under way, or the next one."""
        await wait_until(lambda: self.waiting)
        self.waiting.pop().set_result(None)


@pytest.fixture
async def stage():
    """A platform, the tally of a request at work for it, and the pauses between reports."""
    platform, tally, pauses = FakePlatform(), Tally(1), Pauses()
    telling = Telling(None, platform, tally, sleep=pauses)
    telling.start()
    await pauses.over()  # until the receipt
    await wait_until(lambda: platform.progress)
    yield platform, tally, pauses
    await telling.stop()


def positions(platform: FakePlatform) -> list[int | None]:
    return [one.position for one in platform.progress]


async def test_changes_are_shown_once_and_not_faster_than_allowed(stage):
    platform, tally, pauses = stage
    for position in (3, 3, 2, 1):
        tally.looked(1, Check(waiting=1, queue_position=position))
        await wait_until(lambda: pauses.waiting)
    assert positions(platform) == [None, 3]
    await pauses.over()
    await wait_until(lambda: pauses.waiting)
    assert positions(platform) == [None, 3, 1]


async def test_no_task_waits_while_nothing_changes(stage):
    platform, tally, pauses = stage
    before = len(asyncio.all_tasks())
    tally.looked(1, Check(waiting=1, queue_position=3))
    await wait_until(lambda: pauses.waiting)
    assert len(asyncio.all_tasks()) == before + 1
    await pauses.over()
    await wait_until(lambda: len(asyncio.all_tasks()) == before)
    tally.looked(1, Check(waiting=1, queue_position=2))
    await wait_until(lambda: len(platform.progress) == 3)


async def test_what_a_platform_makes_of_it_does_not_matter(stage):
    platform, tally, pauses = stage
    platform.acknowledge = _refuse
    tally.looked(1, Check(waiting=1, queue_position=3))
    await pauses.over()
    tally.looked(1, Check(waiting=1, queue_position=2))
    await wait_until(lambda: pauses.waiting)


async def _refuse(_incoming, _progress):
    raise OSError("no line")
