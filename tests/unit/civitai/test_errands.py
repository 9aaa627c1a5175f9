"""What is done in the background goes on, whatever becomes of one errand."""

import asyncio

import pytest

from common.civitai.errands import Errands


@pytest.fixture
async def errands():
    running = Errands(lambda _seconds: asyncio.sleep(0))
    yield running
    await running.close()


class Errand:
    """Something to be done, that breaks so many times."""

    def __init__(self, breaks=0):
        self.breaks = breaks
        self.done = asyncio.Event()

    async def __call__(self):
        if self.breaks:
            self.breaks -= 1
            raise ZeroDivisionError
        self.done.set()
        return True


async def done(*some):
    async with asyncio.timeout(30):
        await asyncio.gather(*(one.done.wait() for one in some))


async def test_an_errand_that_breaks_is_tried_again_and_holds_up_no_other(errands):
    broken, other = Errand(breaks=2), Errand()
    errands.queue("broken", broken)
    errands.queue("other", other)
    await done(broken, other)


async def test_a_hurried_errand_that_breaks_leaves_the_others_to_be_done(errands):
    first, second, slow = Errand(breaks=1), Errand(), Errand()
    errands.queue("slow", slow)
    errands.hurry("first", first)
    errands.hurry("second", second)
    await done(second, slow)
    assert not first.done.is_set()
