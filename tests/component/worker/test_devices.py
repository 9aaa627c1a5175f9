"""Several devices in one worker: one engine each, one process that serves them all."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace

from common.config import WorkerConfig
from tests.component.worker.conftest import QUICK, Shop
from tests.component.worker.paint import PaintEngine
from tests.component.worker.puppetry import child
from worker import events
from worker.engines import build_engines
from worker.engines.child import ChildEngine


async def test_all_devices_are_at_work_at_once_and_progress_names_them(hub):
    shop = Shop(hub, PaintEngine(), (PaintEngine(),))
    for engine in (shop.engine, *shop.others):
        engine.hold()
    jobs = [hub.offer()[0] for _ in range(4)]
    shop.open(device="cuda:0, cuda:1")
    await shop.until(lambda: {step.device for step in shop.said(events.Step)} >= {"cuda:0"})
    await shop.until(lambda: all(engine.tasks for engine in (shop.engine, *shop.others)))
    shop.engine.release()
    shop.others[0].release()
    await shop.delivered(*jobs)
    await shop.close()
    made = [task.prompt for engine in (shop.engine, *shop.others) for task in engine.tasks]
    assert len(made) == 4
    assert {step.device for step in shop.said(events.Step)} == {"cuda:0", "cuda:1"}


async def test_what_is_offered_is_what_every_device_can_do(hub):
    small = PaintEngine(max_pixels=256 * 256, max_batch=1, features=frozenset())
    shop = Shop(hub, PaintEngine(), (small,))
    shop.open()
    await hub.until(lambda: hub.journal.of("pop"))
    await shop.close()
    body = hub.journal.of("pop")[0].body
    assert (body["max_pixels"], body["amount"], body["allow_img2img"]) == (256 * 256, 1, False)


async def test_a_device_that_hangs_costs_its_own_job_alone(hub):
    with closing(child()) as one, closing(child()) as other:
        shop = Shop(hub, one, (other,))
        words = ["deaf", "a fox", "a cat", "a cow"]
        jobs = [hub.offer(payload={"prompt": word})[0] for word in words]
        shop.open()
        await hub.until(lambda: set(jobs) <= set(hub.submitted), 100)
        await shop.stop_and_wait(30)
    states = {word: hub.submitted[job]["state"] for word, job in zip(words, jobs, strict=True)}
    assert states == {"deaf": "faulted", "a fox": "ok", "a cat": "ok", "a cow": "ok"}


async def test_a_failing_device_pauses_alone(hub):
    broken = PaintEngine()
    broken.troubles.extend([ValueError("bad card")] * 100)
    shop = Shop(hub, broken, (PaintEngine(),))
    jobs = [hub.offer()[0] for _ in range(12)]
    shop.open(timing=replace(QUICK, pause=(600.0, 600.0)))
    await hub.until(lambda: set(jobs) <= set(hub.submitted), 100)
    await shop.until(lambda: shop.said(events.Waiting) or len(broken.tasks) < 3)
    [late] = hub.offer()
    await shop.delivered(late)
    await shop.close()
    assert len(broken.tasks) <= 3


def test_each_device_has_an_engine_in_a_child_of_its_own(tmp_path):
    config = WorkerConfig(engine="diffusers", models=tmp_path, device="cuda:0, cuda:1,cuda:0")
    engines = build_engines(config)
    assert [type(engine) for engine in engines] == [ChildEngine, ChildEngine]
    assert [engine._config.device for engine in engines] == ["cuda:0", "cuda:1"]
    assert len(build_engines(WorkerConfig(device="cuda:0, cuda:1"))) == 1  # the demo has no device


async def test_how_fast_a_device_is_is_measured_before_the_first_job(hub):
    with closing(child()) as engine:
        shop = Shop(hub, engine)
        [job] = hub.offer()
        shop.open()
        await shop.delivered(job)
        await shop.stop_and_wait(30)
    kinds = [type(event) for event in shop.events]
    assert kinds.index(events.Measured) < kinds.index(events.Submitted)
    [measured] = shop.said(events.Measured)
    assert (measured.model, measured.amount, measured.ahead) == ("paint", 4, 2)
    assert hub.journal.of("pop")[0].body["amount"] == 4
