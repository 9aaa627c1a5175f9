from __future__ import annotations

import asyncio

import pytest

from common.horde.limits import REMEMBERED_IDS, Limiter, Limits, Rate

RATES = [
    rate
    for limits in (Limits.public(), Limits.whitelisted())
    for rates in (limits.submit, limits.check, limits.status, limits.other)
    for rate in rates
]


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_no_window_ever_gets_more_than_its_count(rate):
    bucket = rate.limiter()
    refill = rate.seconds * bucket.max_rate / bucket.time_period

    # what is there at once, and what leaks in before the window is over
    assert bucket.max_rate + refill - 1 <= rate.count + 1e-9


@pytest.mark.parametrize("rate", RATES, ids=str)
def test_most_of_the_rate_is_usable(rate):
    bucket = rate.limiter()

    assert rate.seconds * bucket.max_rate / bucket.time_period >= rate.count / 2


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

    await asyncio.wait_for(limiter.before_check("a"), 1)
    await asyncio.wait_for(limiter.before_check("b"), 1)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(limiter.before_check("a"), 0.01)


async def test_the_memory_of_ids_is_bounded():
    limiter = Limiter(Limits(check=(Rate(1, 3600.0),)))

    for number in range(REMEMBERED_IDS + 100):
        await limiter.before_check(str(number))

    assert len(limiter._keyed) == REMEMBERED_IDS
