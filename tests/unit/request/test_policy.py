"""Limits of a person in a place."""

import pytest

from common.config import PlaceConfig
from common.errors import Refusal
from request.allowed import policy

PLACE = PlaceConfig(running_per_person=2, requests_per_hour=5)


NOW = 1_800_000_000.0


def test_within_limits():
    policy.admit(PLACE, running=1, recent=[NOW] * 4, now=NOW)


def test_too_many_running():
    with pytest.raises(Refusal, match="2 requests at work"):
        policy.admit(PLACE, running=2, recent=[NOW] * 2, now=NOW)


@pytest.mark.parametrize(
    ("ages", "minutes"),
    [
        ((3000, 100, 90, 80, 70), 10),
        ((3599, 10, 9, 8, 7), 1),
        ((3500, 1800, 3, 2, 1, 0), 30),
        ((0, 0, 0, 0, 0), 60),
    ],
)
def test_too_many_this_hour_and_when_the_next_may_come(ages, minutes):
    recent = [NOW - age for age in ages]
    with pytest.raises(Refusal, match=f"5 requests an hour. You can ask again in {minutes} min"):
        policy.admit(PLACE, running=0, recent=recent, now=NOW)


def test_where_a_request_may_go():
    place = PlaceConfig(hordes=("a", "b"), private_hordes=("a",))
    assert policy.hordes_of(place, private=False) == ("a", "b")
    assert policy.hordes_of(place, private=True) == ("a",)
    assert policy.hordes_of(PlaceConfig(hordes=("b",)), private=True) == ("b",)
    assert policy.hordes_of(PlaceConfig(), private=True) == ()
