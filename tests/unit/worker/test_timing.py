"""Waits."""

from __future__ import annotations

import asyncio
from random import Random

import pytest

from worker.timing import Backoff, either, rest, timing_for


def test_waits_grow_to_a_limit_and_start_over():
    backoff = Backoff((1.0, 4.0), Random(3))
    waits = [backoff.draw() for _ in range(20)]
    for wait, step in zip(waits, [1.0, 1.5, 2.25, 3.375, *[4.0] * 16], strict=True):
        assert 0.8 * step <= wait <= step
    assert len(set(waits[4:])) > 10  # jitter
    backoff.reset()
    assert backoff.draw() <= 1.0


def test_a_server_on_this_machine_is_asked_often():
    assert timing_for(loopback=True).idle == (0.1, 0.3)
    assert timing_for(loopback=False).idle == (1.0, 2.0)


def test_the_worker_ends_within_twenty_seconds_of_being_asked():
    from worker.making.studio import STOP_GRACE

    timing = timing_for(loopback=False)
    assert timing.finish + STOP_GRACE + timing.deliver < 20


async def test_rest_ends_with_the_event():
    event = asyncio.Event()
    await rest(event, 0.001)
    event.set()
    async with asyncio.timeout(30):
        await rest(event, 3600)
        await rest(event, None)


async def test_either_ends_with_the_work_the_event_or_the_time_and_cancels_nothing():
    work: asyncio.Future[int] = asyncio.get_running_loop().create_future()
    event = asyncio.Event()
    async with asyncio.timeout(30):
        await either(work, event, 0.001)
        event.set()
        await either(work, event, None)
        assert not work.done()
        work.set_result(1)
        await either(work, asyncio.Event(), None)


@pytest.mark.parametrize("seconds", [0, -1])
async def test_no_time_is_no_wait(seconds):
    async with asyncio.timeout(30):
        await rest(asyncio.Event(), seconds)
