"""When to look again: soon at the beginning, near the end where it can be foretold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.horde.schedule import (
    LONGEST,
    NOBODY_YET,
    SHORTEST,
    after_failure,
    is_soon,
    next_look,
)
from common.horde.wire import Check

MIDDLE = 0.5
"""A random number that stands for no jitter."""


def test_the_first_look_comes_soon():
    assert next_look(None, random=MIDDLE) == 0.5


def test_most_of_the_expected_wait_is_slept():
    assert next_look(Check(wait_time=20), random=MIDDLE) == 16


def test_the_end_is_met_where_it_is_near():
    assert next_look(Check(wait_time=2), random=MIDDLE) == 2
    assert next_look(Check(wait_time=0), random=MIDDLE) == SHORTEST


def test_a_long_wait_is_capped():
    assert next_look(Check(wait_time=5000), random=MIDDLE) == LONGEST


def test_who_always_says_soon_is_asked_less_and_less():
    assert next_look(Check(wait_time=1), soon_for=5.0, random=MIDDLE) == 1
    assert next_look(Check(wait_time=1), soon_for=60.0, random=MIDDLE) == 6
    assert next_look(Check(wait_time=1), soon_for=9000.0, random=MIDDLE) == LONGEST


def test_what_nobody_can_make_is_never_over_soon():
    assert is_soon(Check(wait_time=0))
    assert not is_soon(Check(wait_time=3))
    assert not is_soon(Check(wait_time=0, is_possible=False))


def test_what_nobody_can_make_is_looked_at_soon_and_then_ever_less_often():
    nobody = Check(is_possible=False)

    pauses = [next_look(nobody, elapsed=waited, random=MIDDLE) for waited in (0.5, 20.0, 300.0)]

    assert pauses == [NOBODY_YET, 10, LONGEST]


def test_jitter_spreads_both_ways():
    check = Check(wait_time=20)

    assert next_look(check, random=0.0) < 16 < next_look(check, random=0.99)


def test_even_those_that_are_over_at_once_are_not_all_looked_at_together():
    assert next_look(Check(wait_time=0), random=0.99) > SHORTEST


@given(
    wait=st.integers(-10, 10**9),
    possible=st.booleans(),
    elapsed=st.floats(0, 1e7),
    random=st.floats(0, 1, exclude_max=True),
)
def test_a_look_is_never_too_soon_nor_too_late(wait, possible, elapsed, random):
    check = Check(wait_time=wait, is_possible=possible)

    pause = next_look(check, elapsed=elapsed, soon_for=elapsed, random=random)

    assert SHORTEST <= pause <= LONGEST


def test_failures_double_the_pause():
    assert [after_failure(n, MIDDLE) for n in (1, 2, 3, 4, 5, 6, 1000)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_server_may_say_how_long():
    assert after_failure(1, MIDDLE, retry_after=12.0) == 12


def looks_at(seconds: float, guess) -> tuple[int, float]:
    """Return how many looks a job of some seconds takes, and how late its end is noticed."""
    now, looks, soon_since = next_look(None, random=MIDDLE), 1, None
    while now < seconds:
        check = Check(wait_time=round(guess(seconds - now)))
        soon_since = (now if soon_since is None else soon_since) if is_soon(check) else None
        soon_for = now - (now if soon_since is None else soon_since)
        now += next_look(check, elapsed=now, soon_for=soon_for, random=MIDDLE)
        looks += 1
    return looks, now - seconds


@pytest.mark.parametrize("seconds", [0, 2, 8, 15, 30, 60, 300])
@pytest.mark.parametrize("share", [0.7, 1.0, 1.3])
def test_a_few_looks_find_the_end_though_the_server_guesses_a_third_wrong(seconds, share):
    looks, late = looks_at(seconds, lambda rest: rest * share)

    assert looks <= 7 + seconds / 30
    assert late <= max(1.0, seconds * 0.05)
