"""How often a server may be asked: never more than its window lets through."""

from __future__ import annotations

import asyncio

import pytest

from common.horde.limits import MARGIN, REMEMBERED_KEYS, Budget, Limiter, Limits, Rate

RATES = [
    rate
    for limits in (Limits.public(), Limits.whitelisted())
    for rates in (getattr(limits, budget) for budget in Budget)
    for rate in rates
]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_no_window_ever_gets_more_than_its_count(rate):
    bucket = rate.limiter()
    refill = rate.seconds * bucket.max_rate / bucket.time_period

    # what is there at once, and what leaks in before the window is over
    assert bucket.max_rate + refill - 1 <= rate.count + 1e-9


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_a_window_is_kept_though_a_request_gains_on_the_one_before_it(rate):
    bucket = rate.limiter()
    gaining = (rate.seconds + MARGIN) * bucket.max_rate / bucket.time_period

    assert bucket.max_rate + gaining - 1 <= rate.count + 1e-9


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_most_of_the_rate_is_usable(rate):
    bucket = rate.limiter()

    assert rate.seconds * bucket.max_rate / bucket.time_period >= rate.count / 2


@pytest.mark.parametrize(
    ("budget", "public", "whitelisted"),
    [
        (Budget.SUBMIT, [(2, 1), (90, 60)], [(10, 1), (300, 60)]),
        (Budget.CHECK, [(10, 1)], [(10, 1)]),
        (Budget.STATUS, [(10, 60)], [(10, 60)]),
        (Budget.TEXT_STATUS, [(60, 60)], [(60, 60)]),
        (Budget.ALCHEMY_STATUS, [(10, 1)], [(10, 1)]),
        (Budget.STYLE, [(2, 1), (20, 3600)], [(10, 1), (20, 3600)]),
        (Budget.STYLES, [(2, 1), (90, 60)], [(10, 1), (300, 60)]),
        (Budget.WORKER, [(30, 60)], [(30, 60)]),
        (Budget.USER, [(60, 60)], [(60, 60)]),
        (Budget.SHARED_KEY, [(5, 60)], [(5, 60)]),
        (Budget.TRANSFER, [(1, 1), (90, 3600)], [(1, 1), (600, 3600)]),
        (Budget.OTHER, [(90, 60)], [(90, 60)]),
    ],
)
def test_each_budget_is_the_servers(budget, public, whitelisted):
    def told(limits):
        return [(rate.count, rate.seconds) for rate in getattr(limits, budget)]

    assert told(Limits.public()) == public
    assert told(Limits.whitelisted()) == whitelisted


@pytest.mark.parametrize(
    ("budget", "public", "whitelisted"),
    [
        (Budget.SUBMIT, [1, 30], [1, 100]),
        (Budget.CHECK, [3], [3]),
        (Budget.STATUS, [5], [5]),
        (Budget.TEXT_STATUS, [20], [20]),
        (Budget.ALCHEMY_STATUS, [3], [3]),
        (Budget.STYLE, [1, 10], [2, 10]),
        (Budget.STYLES, [1, 30], [1, 100]),
        (Budget.WORKER, [10], [10]),
        (Budget.USER, [20], [20]),
        (Budget.SHARED_KEY, [2], [2]),
        (Budget.TRANSFER, [1, 45], [1, 300]),
        (Budget.OTHER, [30], [30]),
    ],
)
def test_a_bot_that_was_idle_may_ask_so_often_at_once(budget, public, whitelisted):
    def at_once(limits):
        return [rate.limiter().max_rate for rate in getattr(limits, budget)]

    assert at_once(Limits.public()) == public
    assert at_once(Limits.whitelisted()) == whitelisted


def test_our_own_server_has_no_budget_at_all():
    assert not any(getattr(Limits.unlimited(), budget) for budget in Budget)


@pytest.mark.parametrize(
    ("url", "limited"),
    [
        ("https://aihorde.net/api", True),
        ("http://192.168.0.7:8766/api", True),
        ("http://127.0.0.1:8766/api", False),
        ("http://[::1]:8766/api", False),
        ("http://localhost:8766/api", False),
        ("http://localhost.example.org/api", True),
    ],
)
def test_only_a_server_on_this_machine_is_asked_without_limit(url, limited):
    assert Limits.of(url) == (Limits.public() if limited else Limits.unlimited())


async def test_one_id_does_not_wait_for_another():
    limiter = Limiter(Limits(check=(Rate(1, 3600.0),)))

    await asyncio.wait_for(limiter.turn(Budget.CHECK, "a"), 30)
    await asyncio.wait_for(limiter.turn(Budget.CHECK, "b"), 30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(limiter.turn(Budget.CHECK, "a"), 0.01)


async def test_the_memory_of_ids_is_bounded():
    limiter = Limiter(Limits(check=(Rate(1, 3600.0),)))

    for number in range(REMEMBERED_KEYS + 100):
        await limiter.turn(Budget.CHECK, str(number))

    assert len(limiter._buckets) == REMEMBERED_KEYS


async def test_who_asked_lately_is_remembered_longer_than_who_did_not():
    limiter = Limiter(Limits(check=(Rate(1, 3600.0),)))
    await limiter.turn(Budget.CHECK, "first")
    for number in range(REMEMBERED_KEYS - 1):
        await limiter.turn(Budget.CHECK, str(number))
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(limiter.turn(Budget.CHECK, "first"), 0.01)

    await limiter.turn(Budget.CHECK, "one more")  # forgets "0"

    await asyncio.wait_for(limiter.turn(Budget.CHECK, "0"), 30)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(limiter.turn(Budget.CHECK, "first"), 0.01)


def test_the_pace_is_that_of_the_tightest_window():
    limiter = Limiter(Limits(submit=(Rate(2, 1.0), Rate(90, 60.0, burst=30))))

    assert limiter.pace(Budget.SUBMIT) == pytest.approx(60 / 90)
    assert limiter.pace(Budget.CHECK) == 0


@pytest.mark.parametrize(
    ("rate", "at_once", "apart"),
    [(Rate(2, 1.0), 1, 0.55), (Rate(90, 60.0, burst=30), 30, 60.1 / 61)],
)
def test_some_may_come_at_once_and_the_rest_evenly(rate, at_once, apart):
    bucket = rate.limiter()

    assert bucket.max_rate == at_once
    assert bucket.time_period / bucket.max_rate == pytest.approx(apart)
