"""The poller: how often it looks, whom it tells, and what it does when the Horde is away."""

from __future__ import annotations

import asyncio
import time
from itertools import pairwise

import pytest

from common.errors import HordeGone, HordeUnreachable
from common.horde.poller import EARLY_STATUSES, STRANDED, WOKEN, Poller
from common.horde.schedule import LONGEST
from tests.component.horde.conftest import ONCE, body, running
from tests.fakes.horde import FakeHorde, Fate, faults
from tests.waiting import wait_until


def middle() -> float:
    """Stand for a random number: no jitter."""
    return 0.5


@pytest.fixture
async def horde(clock):
    async with FakeHorde(seconds=30, clock=clock) as fake:
        yield fake


@pytest.fixture
def client(client_of, horde):
    return client_of(horde, patience=ONCE)


@pytest.fixture
def heard():
    """What the poller reported of the server's troubles."""
    return []


@pytest.fixture
def poller(client, clock, heard):
    return Poller(
        client,
        monotonic=clock,
        sleep=clock.sleep,
        random=middle,
        on_trouble=heard.append,
    )


async def test_a_generation_of_30_seconds_needs_few_looks(client, horde, poller, clock):
    checks = []
    submitted = await client.submit(body(n=2))
    async with running(poller):
        status = await poller.watch(submitted.id, checks.append)

    assert len(status.generations) == 2
    assert 30 <= clock.now <= 32
    assert horde.journal.count("check") == len(checks) <= 8
    assert horde.journal.count("status") == 1
    assert checks[-1].done
    assert [check.finished for check in checks] == sorted(check.finished for check in checks)
    assert len(poller) == 0


async def test_a_server_that_promises_wrongly_is_not_pestered(client, horde, poller, clock):
    horde.seconds, horde.waits = 600, [1]
    submitted = await client.submit(body())
    async with running(poller):
        await poller.watch(submitted.id)

    assert horde.journal.count("check") <= 110
    assert clock.now <= 630


async def test_a_long_wait_is_looked_at_every_half_minute(client, horde, poller, clock):
    horde.seconds, horde.waits = 600, [9000]
    submitted = await client.submit(body())
    async with running(poller):
        await poller.watch(submitted.id)

    assert 20 <= horde.journal.count("check") <= 23
    assert max(clock.slept) <= LONGEST


async def test_a_faulted_request_ends_with_its_status(client, horde, poller):
    horde.fate = Fate.FAULTED
    submitted = await client.submit(body())
    async with running(poller):
        status = await poller.watch(submitted.id)

    assert status.faulted


async def test_the_last_picture_is_waited_for_though_the_server_says_done_too_early(
    client, horde, poller
):
    horde.setbacks = 2
    submitted = await client.submit(body(n=3))
    checks = []
    async with running(poller):
        status = await poller.watch(submitted.id, checks.append)

    assert any(check.done and check.processing for check in checks)
    assert len(status.generations) == 3


async def test_what_maintenance_left_lying_is_given_up_before_it_expires(
    client, horde, poller, clock
):
    submitted = await client.submit(body())
    horde.strand(submitted.id)
    async with running(poller):
        with pytest.raises(HordeGone):
            await poller.watch(submitted.id)

    assert STRANDED <= clock.now <= STRANDED + LONGEST
    assert horde.journal.count("status") == 0


async def test_what_was_made_before_maintenance_is_fetched(client, horde, poller, clock):
    submitted = await client.submit(body(n=3))
    clock.now = 21
    horde.strand(submitted.id)
    async with running(poller):
        status = await poller.watch(submitted.id)

    assert len(status.generations) == 2
    assert not status.done


async def test_a_moment_in_which_nothing_seems_to_be_done_is_passed_over(
    client, horde, poller, clock
):
    request = horde.requests[(await client.submit(body())).id]
    checks = []

    def hear(check):
        checks.append(check)
        request.stranded = len(checks) < 3

    request.stranded = True
    async with running(poller):
        status = await poller.watch(request.id, hear)

    assert [check.stranded for check in checks[:4]] == [True, True, True, False]
    assert len(status.generations) == 1


async def test_a_request_the_horde_forgot(client, horde, poller):
    horde.seconds = None
    submitted = await client.submit(body())
    checks = []
    async with running(poller):
        watching = poller.watch(submitted.id, checks.append)
        await wait_until(lambda: checks)
        horde.expire(submitted.id)
        with pytest.raises(HordeGone):
            await watching

    assert len(poller) == 0


async def test_the_status_is_asked_again_if_it_fails(client, horde, poller):
    horde.seconds = 0
    submitted = await client.submit(body())
    horde.fail("status", faults.html(), 2)
    horde.fail("status", faults.reset())
    async with running(poller):
        status = await poller.watch(submitted.id)

    assert len(status.generations) == 1
    assert horde.journal.count("status") == 4
    assert horde.journal.count("check") == 1


async def test_an_unlucky_id_does_not_disturb_the_others(client, horde, poller, heard):
    ids = [(await client.submit(body())).id for _ in range(10)]
    horde.fail(
        "check", faults.answer(500, '{"message": "Internal Server Error"}'), 1000, only=ids[0]
    )
    async with running(poller):
        watching = [poller.watch(horde_id) for horde_id in ids]
        await asyncio.wait_for(asyncio.gather(*watching[1:]), 30)
        assert not watching[0].done()
        assert heard == []
        horde.heal()
        await asyncio.wait_for(watching[0], 30)


async def test_a_listener_that_raises_harms_nobody(client, poller):
    def broken(_check):
        raise RuntimeError("not my day")

    submitted = await client.submit(body())
    async with running(poller):
        assert (await poller.watch(submitted.id, broken)).done


async def test_cancelling_the_watch_forgets_it(client, horde, poller):
    horde.seconds = None
    submitted = await client.submit(body())
    async with running(poller):
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(poller.watch(submitted.id), 0.05)
        looked = horde.journal.count("check")
        await asyncio.sleep(0.05)

    assert len(poller) == 0
    assert horde.journal.count("check") <= looked + 1


async def test_forgetting_cancels_who_waits(client, horde, poller):
    horde.seconds = None
    submitted = await client.submit(body())
    async with running(poller):
        watching = poller.watch(submitted.id)
        poller.forget(submitted.id)
        poller.forget(submitted.id)
        with pytest.raises(asyncio.CancelledError):
            await watching

    assert len(poller) == 0


async def test_watching_twice_is_one_watch(client, horde, poller):
    first, second = [], []
    submitted = await client.submit(body())
    async with running(poller):
        one = poller.watch(submitted.id, first.append)
        two = poller.watch(submitted.id, second.append)
        assert one is two
        await one

    assert len(first) == len(second) == horde.journal.count("check")
    assert horde.journal.count("status") == 1


# --- waking ---------------------------------------------------------------------------------


async def test_waking_looks_at_once(client_of, hand_clock):
    async with FakeHorde(seconds=None, clock=hand_clock) as horde:
        horde.waits = [3600]
        client = client_of(horde)
        poller = Poller(client, monotonic=hand_clock, sleep=hand_clock.sleep, random=middle)
        submitted = await client.submit(body())
        async with running(poller):
            looks = []
            watching = poller.watch(submitted.id, looks.append)
            await hand_clock.asleep()
            hand_clock.advance(1)
            await wait_until(lambda: looks)
            hand_clock.advance(2)  # the next look is half a minute away
            horde.finish(submitted.id)
            poller.wake(submitted.id)
            status = await asyncio.wait_for(watching, 30)

    assert status.done
    assert hand_clock.now == 3
    assert horde.journal.count("check") == 2


async def test_who_is_called_a_moment_after_a_look_asks_what_no_server_repeats(
    client_of, hand_clock
):
    async with FakeHorde(seconds=None, clock=hand_clock) as horde:
        horde.waits, horde.kept = [3600], 1.0
        client = client_of(horde)
        poller = Poller(client, monotonic=hand_clock, sleep=hand_clock.sleep, random=middle)
        submitted = await client.submit(body(n=2))
        async with running(poller):
            looks = []
            watching = poller.watch(submitted.id, looks.append)
            await hand_clock.asleep()
            hand_clock.advance(1)
            for picture in (1, 2):
                await wait_until(lambda count=picture: len(looks) == count)
                hand_clock.advance(0.5)
                horde.finish(submitted.id, picture)
                poller.wake(submitted.id)
            status = await asyncio.wait_for(watching, 30)

    assert len(status.generations) == 2
    assert [look.finished for look in looks] == [0, 1]
    assert hand_clock.now == 2
    assert (horde.journal.count("check"), horde.journal.count("status")) == (1, 2)


async def test_who_is_called_without_end_asks_for_the_status_a_few_times_only(
    client, horde, poller, clock
):
    horde.seconds, horde.waits = None, [3600]
    submitted = await client.submit(body())

    async with running(poller):
        watching = poller.watch(submitted.id, lambda _check: poller.wake(submitted.id))
        await wait_until(lambda: horde.journal.count("check") >= 20)
        assert horde.journal.count("status") == EARLY_STATUSES
        horde.finish(submitted.id)
        await watching


async def test_waking_often_does_not_look_often(client, horde, poller, clock):
    horde.seconds, horde.waits = None, [3600]
    submitted = await client.submit(body())

    def wake_again(_check):
        poller.wake(submitted.id)

    async with running(poller):
        watching = poller.watch(submitted.id, wake_again)
        await wait_until(lambda: horde.journal.count("check") >= 20)
        horde.finish(submitted.id)
        await watching

    times = [exchange.time for exchange in horde.journal.of("check")]
    assert min(b - a for a, b in pairwise(times)) >= WOKEN - 0.001


async def test_waking_what_nobody_watches_does_nothing(poller):
    poller.wake("who?")

    assert len(poller) == 0


# --- a server that is away --------------------------------------------------------------------


async def test_an_absent_server_is_probed_ever_more_rarely_until_it_is_back(
    client, horde, poller, heard, clock
):
    ids = [(await client.submit(body())).id for _ in range(20)]
    horde.fail("check", faults.answer(503, ""), 10_000)
    async with running(poller):
        watching = [poller.watch(horde_id) for horde_id in ids]
        await wait_until(lambda: clock.now >= 600)
        horde.heal()
        statuses = await asyncio.wait_for(asyncio.gather(*watching), 30)

    assert all(status.done for status in statuses)
    probes = [exchange for exchange in horde.journal.of("check") if exchange.time <= 600]
    assert len(probes) <= 60  # 16 looks may be under way when it goes; then one in 30 s
    times = [exchange.time for exchange in horde.journal.of("check")][16:]
    gaps = [later - earlier for earlier, later in pairwise(times)]
    assert gaps[:4] == pytest.approx([1, 2, 4, 8], abs=0.1)
    assert max(gaps) <= LONGEST + 0.1
    assert isinstance(heard[0], HordeUnreachable)
    assert heard[1:] == [None]


async def test_one_watcher_suffices_to_notice(client, horde, poller, heard):
    submitted = await client.submit(body())
    await horde.stop()
    async with running(poller):
        watching = poller.watch(submitted.id)
        await wait_until(lambda: heard)
        await horde.start()
        assert (await asyncio.wait_for(watching, 30)).done

    assert heard[-1] is None


# --- many -------------------------------------------------------------------------------------


async def test_hundreds_at_once(client, horde, poller, clock):
    horde.seconds = 3
    ids = [(await client.submit(body())).id for _ in range(200)]
    began = clock.now
    async with running(poller):
        statuses = await asyncio.gather(*(poller.watch(horde_id) for horde_id in ids))

    assert all(status.done for status in statuses)
    assert horde.journal.count("status") == 200
    assert horde.journal.count("check") <= 6 * 200
    assert clock.now - began <= 60


async def test_ten_thousand_that_wait_cost_no_task_each(client, poller):
    began = time.process_time()  # others may keep the machine busy
    watching = [poller.watch(f"id-{number}") for number in range(10_000)]
    for number in range(0, 10_000, 3):
        poller.wake(f"id-{number}")
    spent = time.process_time() - began
    tasks = len(asyncio.all_tasks())
    for number in range(10_000):
        poller.forget(f"id-{number}")
    await asyncio.gather(*watching, return_exceptions=True)

    assert tasks <= 10
    assert spent < 10
    assert len(poller) == 0
