"""What the owner of a card decides: for whom it works, when, and how it stops."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from common.config import WorkerConfig
from common.errors import WorkerError
from tests.component.worker.conftest import QUICK
from tests.component.worker.paint import PaintEngine
from tests.fakes.hub import KEY, FakeHub
from worker import events
from worker.horde.upkeep import is_leave
from worker.process import _tell

LONG = 100_000


@pytest.fixture
async def second():
    async with FakeHub(first=101) as hub:
        yield hub


def both(hub, second):
    return [{"url": each.url, "key": KEY} for each in (hub, second)]


async def test_the_second_horde_is_served_when_the_first_has_nothing(shop, second):
    [own] = shop.hub.offer()
    [others] = second.offer()
    shop.open(endpoints=both(shop.hub, second))
    await shop.delivered(own, others)
    assert shop.hub.submitted[own]["state"] == "ok"
    assert second.submitted[others]["state"] == "ok"
    assert [task.seeds for task in shop.engine.tasks] == [(41,), (41,)]
    popped = [event.ids for event in shop.said(events.Popped)]
    assert len(popped) == 2
    assert second.journal.count("upload", others) == 1


async def test_a_second_horde_that_is_gone_does_not_hold_up_the_first(shop, second):
    await second.stop()
    jobs = [shop.hub.offer()[0] for _ in range(3)]
    shop.open(endpoints=both(shop.hub, second))
    await shop.delivered(*jobs)
    await shop.until(lambda: shop.said(events.Waiting))
    assert second.url in shop.said(events.Waiting)[0].reason


def test_an_unlisted_agent_is_told_what_it_will_not_get():
    told = []
    public, own = "https://aihorde.net/api", "https://hub.example.org/api"
    config = WorkerConfig.model_validate({"endpoints": [{"url": own}, {"url": public}]})
    _tell(config, PaintEngine().info(), told.append)
    [note] = [event for event in told if isinstance(event, events.Notice)]
    assert note.text.startswith(public)
    assert "only the plainest jobs" in note.text


async def test_draining_finishes_what_was_taken_and_the_server_is_told(shop):
    [first] = shop.hub.offer(ttl=LONG)
    shop.open()
    await shop.delivered(first)  # now the pace is known, and jobs are fetched ahead
    shop.engine.hold()
    taken = [shop.hub.offer(ttl=LONG)[0] for _ in range(3)]
    [never] = shop.hub.offer(ttl=LONG)
    await shop.until(lambda: len(shop.said(events.Popped)) == 4)
    shop.drain.set()
    await shop.hub.until(lambda: shop.hub.maintenance)
    assert is_leave(shop.hub.maintenance_msg)
    shop.engine.release()
    running, shop.running = shop.running, None
    await asyncio.wait_for(running, 30)
    assert [shop.hub.submitted[job]["state"] for job in taken] == ["ok"] * 3
    assert never not in shop.hub.submitted


async def test_what_draining_said_is_taken_back_at_the_next_start_and_nothing_else(shop):
    from common import texts

    shop.hub.maintenance, shop.hub.maintenance_msg = True, texts.say("worker.leaving")
    [job] = shop.hub.offer()
    shop.open()
    await shop.delivered(job)
    assert shop.hub.maintenance is False
    assert shop.said(events.Waiting) == []


async def test_maintenance_somebody_else_has_set_stays(shop):
    shop.hub.maintenance, shop.hub.maintenance_msg = True, "the moderators say no"
    shop.open()
    await shop.until(lambda: shop.said(events.Waiting))
    asked = shop.hub.journal.count("pop")
    await shop.hub.until(lambda: shop.hub.journal.count("pop") > asked + 2)
    assert shop.hub.maintenance is True
    assert not [call for call in shop.hub.journal.exchanges if call.method == "PUT"]


async def test_at_no_hour_nothing_is_asked_for(shop):
    shop.hub.offer()
    shop.open(hours="never")
    await shop.until(lambda: shop.said(events.Waiting))
    assert "worker.hours" in shop.said(events.Waiting)[0].reason
    assert shop.hub.journal.of("pop") == []


async def test_an_idle_card_gets_its_memory_back(shop):
    unloaded = asyncio.Event()
    loop = asyncio.get_running_loop()
    shop.engine.unload = lambda: loop.call_soon_threadsafe(unloaded.set)
    [job] = shop.hub.offer()
    shop.open(hours="never")  # gives it back at once
    async with asyncio.timeout(30):
        await unloaded.wait()
    assert job not in shop.hub.submitted


async def test_a_card_that_does_not_give_its_memory_back_is_asked_again_and_it_is_said_once(shop):
    unloaded, tries = asyncio.Event(), []
    loop = asyncio.get_running_loop()

    def unload():
        tries.append(1)
        if len(tries) < 3:
            raise RuntimeError("the card is lost")
        loop.call_soon_threadsafe(unloaded.set)

    shop.engine.unload = unload
    shop.open(hours="never")
    async with asyncio.timeout(30):
        await unloaded.wait()
    told = [one.text for one in shop.said(events.Notice) if "the card is lost" in one.text]
    assert len(told) == 1


async def test_what_does_not_fit_the_memory_is_not_offered_again(shop):
    shop.engine.troubles.append(WorkerError("worker.out_of_memory", model="paint"))
    [large] = shop.hub.offer(payload={"width": 512, "height": 512})
    [small] = shop.hub.offer()
    shop.open(timing=replace(QUICK, prefetch=0.0))
    await shop.delivered(small)
    await shop.hub.until(lambda: large in shop.hub.submitted)
    assert shop.hub.submitted[large]["state"] == "faulted"
    await shop.hub.until(
        lambda: shop.hub.journal.of("pop")[-1].body["max_pixels"] <= 512 * 512 * 0.75
    )
