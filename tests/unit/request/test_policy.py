"""Limits of a person in a place."""

import pytest

from common.config import PlaceConfig
from common.errors import Refusal
from request import policy

PLACE = PlaceConfig(running_per_person=2, requests_per_hour=5)


def test_within_limits():
    policy.admit(PLACE, running=1, recent=4)


def test_too_many_running():
    with pytest.raises(Refusal, match="2 requests at work"):
        policy.admit(PLACE, running=2, recent=2)


def test_too_many_this_hour():
    with pytest.raises(Refusal, match="5 requests an hour"):
        policy.admit(PLACE, running=0, recent=5)
