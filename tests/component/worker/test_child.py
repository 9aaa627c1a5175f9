"""An engine in a process of its own: what happens to it happens to one job only."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import threading
from dataclasses import replace
from pathlib import Path

import pytest

from common.config import WorkerConfig
from common.errors import WorkerError
from tests.component.worker.conftest import Shop
from tests.component.worker.paint import paint
from tests.component.worker.puppetry import BRISK, TASK, child, make, never
from worker import events
from worker.engines.child import ChildEngine

ORPHAN = """
import os
from tests.component.worker.puppetry import child, make

if __name__ == "__main__":
    engine = child()
    engine.load()
    print("loaded", flush=True)
    make(engine, "deaf", parts=type("Leaving", (), {"append": lambda self, part: os._exit(9)})())
"""


@pytest.fixture
def engine():
    engine = child()
    yield engine
    engine.close()


@pytest.fixture
def running(engine):
    engine.load()
    return engine


def test_a_child_makes_the_same_pictures_and_its_class_stays_there(running):
    parts: list[float] = []
    made = make(running, "a fox", parts=parts)
    assert [one.seed for one in made] == [41, 42]
    assert made[0].image.tobytes() == paint(TASK, 41).tobytes()
    assert running.info().models == ("paint",)
    assert parts == [0.5]
    assert "tests.component.worker.puppet" not in sys.modules


def test_what_the_engine_raises_is_raised_here_and_the_child_goes_on(running):
    [before, _] = make(running, "pid")
    with pytest.raises(WorkerError, match="too little memory for this with paint"):
        make(running, "say")
    with pytest.raises(Exception, match="at /home/ada") as caught:
        make(running, "raise")
    assert type(caught.value).__name__ == "ZeroDivisionError"
    [after, _] = make(running, "pid")
    assert after.seed == before.seed


def test_a_child_that_dies_hangs_or_does_not_stop_is_replaced(running):
    cancel = threading.Event()
    cancel.set()
    pids = {make(running, "pid")[0].seed}
    with pytest.raises(WorkerError, match="ended in the middle of its work"):
        make(running, "die")
    pids |= {make(running, "pid")[0].seed}
    with pytest.raises(WorkerError, match="did nothing any more"):
        make(running, "hang")
    pids |= {make(running, "pid")[0].seed}
    assert len(pids) == 3
    assert make(running, "hang", cancel.is_set) == []  # it listens, so it stays
    assert make(running, "pid")[0].seed in pids
    with pytest.raises(WorkerError, match="did nothing any more"):
        make(running, "deaf", cancel.is_set)


def test_after_each_loss_the_next_start_waits_longer_up_to_a_limit():
    now = [0.0]
    waits: list[float] = []

    def sleep(seconds):
        waits.append(now[0])
        now[0] += seconds

    patience = replace(BRISK, poll=0.25, restart=(1.0, 3.0))
    engine = ChildEngine("", WorkerConfig(), patience, clock=lambda: now[0], sleep=sleep)
    gaps = []
    for _ in range(4):
        engine._lost("worker.engine_hung")
        begun = now[0]
        engine._rest(never)
        gaps.append(now[0] - begun)
    assert gaps == [1.0, 2.0, 3.0, 3.0]
    engine._lost("worker.engine_hung")
    engine._rest(lambda: True)  # nobody waits for it any more
    assert now[0] == 9.0


@pytest.mark.parametrize(
    ("device", "problem"),
    [("cuda:7", r"device cuda:7 cannot be used: none"), ("broken", "weights")],
)
def test_an_engine_that_does_not_load_says_why(device, problem):
    engine = child(device)
    with pytest.raises(Exception, match=problem):
        engine.load()
    engine.close()
    with pytest.raises(WorkerError):
        engine.load()


def test_a_child_that_never_gets_ready_is_given_up():
    engine = child("stuck", replace(BRISK, load=0.2))
    with pytest.raises(WorkerError, match="did nothing any more"):
        engine.load()


def test_a_child_leaves_with_its_parent_even_from_the_middle_of_a_step(tmp_path):
    program = tmp_path / "orphan.py"
    program.write_text(ORPHAN)
    here = Path(__file__).parents[3]
    # its output ends when the last process that holds it does: parent and child
    ended = subprocess.run(
        [sys.executable, str(program)],
        capture_output=True,
        timeout=90,
        check=False,
        env={**os.environ, "PYTHONPATH": str(here)},
    )
    assert ended.stdout.split() == [b"loaded"]
    assert ended.returncode == 9


async def test_a_job_whose_engine_falls_is_faulted_at_once_and_the_next_ones_are_made(hub):
    shop = Shop(hub, child())
    words = ["die", "a fox", "deaf", "a cat"]
    jobs = [hub.offer(payload={"prompt": word})[0] for word in words]
    shop.open()
    await hub.until(lambda: set(jobs) <= set(hub.submitted), 100)
    shop.stop.set()
    shop.drain.set()
    running, shop.running = shop.running, None
    await asyncio.wait_for(running, 30)
    states = [hub.submitted[job]["state"] for job in jobs]
    assert states == ["faulted", "ok", "faulted", "ok"]
    refs = [hub.submitted[job]["gen_metadata"][0]["ref"] for job in (jobs[0], jobs[2])]
    assert "ended in the middle" in refs[0]
    assert "did nothing any more" in refs[1]
    assert [event.id for event in shop.said(events.Failed)] == [jobs[0], jobs[2]]
    assert shop.engine._process is None  # nothing is left behind
