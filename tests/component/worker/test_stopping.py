"""Stopping: what runs is finished or given back, and nothing is left hanging."""

from __future__ import annotations

import asyncio
from dataclasses import replace

from tests.component.worker.conftest import QUICK
from worker import events


async def test_an_idle_worker_stops_at_once(shop):
    shop.open(timing=replace(QUICK, idle=(600.0, 600.0)))
    await shop.until(lambda: shop.said(events.Started))
    await shop.hub.until(lambda: shop.hub.journal.of("pop"))
    await shop.stop_and_wait()


async def test_the_running_job_is_finished_and_no_other_is_taken(shop):
    shop.engine.first_step = 0.0  # nobody knows how long it takes, so none is fetched ahead
    shop.engine.hold()
    [running] = shop.hub.offer()
    [never] = shop.hub.offer()
    shop.open(timing=replace(QUICK, finish=60.0))
    await shop.until(lambda: shop.said(events.Step))
    shop.stop.set()
    shop.drain.set()
    await asyncio.sleep(0.05)
    shop.engine.release()
    await shop.stop_and_wait()
    assert shop.hub.submitted[running]["state"] == "ok"
    assert never not in shop.hub.submitted
    assert len(shop.hub.jobs) == 1


async def test_a_job_that_takes_too_long_is_given_back(shop):
    shop.engine.hold()
    [job] = shop.hub.offer()
    shop.open()
    await shop.until(lambda: shop.said(events.Step))
    await shop.stop_and_wait()
    assert shop.hub.submitted[job]["state"] == "faulted"
    assert shop.engine.cancelled.is_set()


async def test_a_job_fetched_ahead_is_given_back(shop):
    [first] = shop.hub.offer()
    shop.open(timing=replace(QUICK, finish=60.0))
    await shop.delivered(first)
    shop.engine.hold()
    [running] = shop.hub.offer()
    [ahead] = shop.hub.offer()
    await shop.until(lambda: len(shop.said(events.Popped)) == 3)
    await shop.until(lambda: (running,) in [step.ids for step in shop.said(events.Step)])
    shop.stop.set()
    shop.drain.set()
    shop.engine.release()
    await shop.stop_and_wait()
    assert shop.hub.submitted[running]["state"] == "ok"
    assert shop.hub.submitted[ahead]["state"] == "faulted"
    assert shop.hub.submitted[ahead]["gen_metadata"][0]["ref"] == "the worker stops"


async def test_a_server_that_is_away_does_not_hold_up_the_end(shop):
    shop.engine.hold()
    shop.hub.offer()
    shop.open(timing=replace(QUICK, finish=60.0))
    await shop.until(lambda: shop.said(events.Step))
    await shop.hub.stop()
    shop.stop.set()
    shop.drain.set()
    shop.engine.release()
    await shop.stop_and_wait()


async def test_being_cancelled_stops_the_engine_too(shop):
    shop.engine.hold()
    shop.hub.offer()
    shop.open()
    await shop.until(lambda: shop.said(events.Step))
    running, shop.running = shop.running, None
    running.cancel()
    await asyncio.wait({running}, timeout=30)
    assert running.cancelled()
    assert await asyncio.to_thread(shop.engine.cancelled.wait, 30)
