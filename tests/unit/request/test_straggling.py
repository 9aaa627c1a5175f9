"""How long the last job of a request is waited for."""

from dataclasses import dataclass

import pytest

from common.horde.wire import Check
from request.allowed.terms import Patience
from request.horde.turns import Standing
from request.making.progress import Tally
from request.making.straggling import Straggler

PATIENCE = Patience(straggler=300, queued=1800)
WORKING = Check(processing=1, wait_time=20)
QUEUED = Check(waiting=1, queue_position=90, wait_time=900)
IMPOSSIBLE = Check(waiting=1, queue_position=90, is_possible=False)


@dataclass
class Hand:
    """A clock that goes by hand."""

    now: float = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Hand()


@pytest.fixture
def tally():
    return Tally(2)


@pytest.fixture
def straggler(tally, clock):
    return Straggler(1, tally, PATIENCE, clock)


@pytest.mark.parametrize("check", [WORKING, IMPOSSIBLE])
def test_a_job_at_work_has_five_minutes(straggler, tally, clock, check):
    tally.looked(1, check)
    clock.now += 299
    assert straggler.left() == 1
    clock.now += 1
    assert straggler.left() == 0


def test_its_time_begins_when_its_turn_comes(straggler, tally, clock):
    tally.looked(1, QUEUED)
    clock.now += 1000
    assert straggler.left() == 300
    tally.looked(1, WORKING)
    clock.now += 200
    assert straggler.left() == 100


def test_a_queue_has_an_end_too(straggler, tally, clock):
    tally.looked(1, QUEUED)
    clock.now += 1700
    assert straggler.left() == 100
    clock.now += 100
    assert straggler.left() == 0


def test_our_own_queue_counts_as_one_and_other_jobs_do_not(straggler, tally, clock):
    tally.looked(2, QUEUED)
    clock.now += 300
    assert straggler.left() == 0
    tally.queued(1, Standing(3, 60.0))
    assert straggler.left() == 300


def test_it_is_looked_at_now_and_then(straggler, tally, clock):
    assert straggler.pause() == 30
    clock.now += 290
    assert straggler.pause() == 10
