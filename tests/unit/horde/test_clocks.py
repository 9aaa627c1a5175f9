"""Whether two clocks agree."""

import pytest

from common.horde.clocks import WORTH_TELLING, disagreement, jump, seconds_ahead

DATE = "Fri, 15 Jan 2027 08:00:00 GMT"
MOMENT = 1_800_000_000.0


@pytest.mark.parametrize(("now", "ahead"), [(MOMENT, 0.0), (MOMENT + 90, 90.0), (0.0, -MOMENT)])
def test_how_far_ahead_of_a_date_a_clock_is(now, ahead):
    assert seconds_ahead(DATE, now) == ahead


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 99 Jan 2027 08:00:00 GMT"])
def test_what_is_no_date_says_nothing(date):
    assert seconds_ahead(date, MOMENT) is None


@pytest.mark.parametrize("seconds", [None, 0.0, WORTH_TELLING - 1, 1 - WORTH_TELLING])
def test_little_is_not_worth_telling(seconds):
    assert disagreement(seconds, "fake") == ""
    assert jump(seconds or 0.0) == ""
