"""Learning how fast the engine is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.unit.worker.tasks import TASK
from worker.engines.pace import Pace, Run, effort
from worker.horde.offer import fitting_amount


@pytest.mark.parametrize(
    ("changes", "units"),
    [
        ({}, 20),
        ({"width": 1024}, 40),
        ({"seeds": (1, 2, 3)}, 60),
        ({"sampler": "k_heun"}, 40),
        ({"width": 64, "height": 64}, 10),
    ],
)
def test_effort_is_steps_over_a_tile(changes, units):
    assert effort(replace(TASK, **changes)) == units


def test_nothing_is_estimated_before_the_first_job():
    pace = Pace()
    assert pace.estimate(TASK) is None
    assert pace.slowest is None


def test_the_first_job_sets_the_pace_and_later_ones_move_it():
    pace = Pace()
    pace.learn(TASK, 10.0)
    assert pace.estimate(TASK) == pytest.approx(10.0)
    pace.learn(TASK, 20.0)
    assert pace.estimate(TASK) == pytest.approx(13.0)


def test_a_task_within_one_tick_of_the_clock_is_quick_and_not_infinitely_so():
    pace = Pace()
    pace.learn(TASK, 0.0)
    assert pace.of(TASK.model) > 0
    assert fitting_amount(pace.slowest, 512 * 512, 4) == 4


def test_each_model_has_its_own_pace_and_a_new_one_is_taken_for_slow():
    pace = Pace()
    pace.learn(TASK, 10.0)
    pace.learn(replace(TASK, model="two"), 40.0)
    assert pace.estimate(TASK) == pytest.approx(10.0)
    assert pace.slowest == pytest.approx(2.0)
    assert pace.estimate(replace(TASK, model="three")) == pytest.approx(40.0)


def test_what_is_left_follows_the_estimate_until_there_is_progress():
    run = Run(started=100.0, estimate=10.0)
    assert run.remaining(104.0) == 6.0
    assert run.remaining(120.0) == 0.0
    run.part = 0.25
    assert run.remaining(105.0) == pytest.approx(15.0)
    assert Run(started=0.0, estimate=None).remaining(5.0) == float("inf")
