from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.horde.schedule import LONGEST, NOBODY_YET, SHORTEST, after_failure, next_look
from common.horde.wire import Check

MIDDLE = 0.5
"""A random number that stands for no jitter."""


def test_the_first_look_comes_soon():
    assert next_look(None, 0.0, MIDDLE) == 0.5


def test_half_of_the_expected_wait_is_slept():
    assert next_look(Check(wait_time=20), 0.0, MIDDLE) == 10


def test_a_long_wait_is_capped():
    assert next_look(Check(wait_time=5000), 0.0, MIDDLE) == LONGEST


def test_who_has_waited_long_is_looked_at_less_often():
    assert next_look(Check(wait_time=0), 10.0, MIDDLE) == 0.5
    assert next_look(Check(wait_time=0), 200.0, MIDDLE) == 10


def test_what_nobody_can_make_is_looked_at_soon_and_then_ever_less_often():
    assert next_look(Check(is_possible=False), 0.5, MIDDLE) == NOBODY_YET
    assert next_look(Check(is_possible=False), 20.0, MIDDLE) == 10
    assert next_look(Check(is_possible=False), 300.0, MIDDLE) == LONGEST


def test_jitter_spreads_both_ways():
    check = Check(wait_time=20)

    assert next_look(check, 0.0, 0.0) < 10 < next_look(check, 0.0, 0.99)


@given(
    wait=st.integers(-10, 10**9),
    possible=st.booleans(),
    elapsed=st.floats(0, 1e7),
    random=st.floats(0, 1, exclude_max=True),
)
def test_a_look_is_never_too_soon_nor_too_late(wait, possible, elapsed, random):
    pause = next_look(Check(wait_time=wait, is_possible=possible), elapsed, random)

    assert SHORTEST <= pause <= LONGEST


def test_failures_double_the_pause():
    assert [after_failure(n, MIDDLE) for n in (1, 2, 3, 4, 5, 6, 1000)] == [1, 2, 4, 8, 16, 30, 30]


def test_the_server_may_say_how_long():
    assert after_failure(1, MIDDLE, retry_after=12.0) == 12


@pytest.mark.parametrize("seconds", [0, 15, 30, 60, 300])
def test_looks_needed_for_a_truthful_server(seconds):
    now, looks = 0.0, 0
    check = None
    while now < seconds:
        now += next_look(check, now, MIDDLE)
        looks += 1
        check = Check(wait_time=max(0, round(seconds - now)))

    assert looks <= 18
    assert now - seconds <= max(1.0, seconds * 0.06)
