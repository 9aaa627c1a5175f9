"""Orders that wait for a device, and when the next one could be begun."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.unit.worker.tasks import TASK
from worker.making.backlog import Backlog, Errand, Signal
from worker.making.foresight import begins
from worker.order import Order

NEVER = float("inf")


@pytest.mark.parametrize(
    ("free_in", "queue", "seconds"),
    [
        ([0.0], [], 0.0),
        ([4.0], [], 4.0),
        ([4.0], [3.0, 2.0], 9.0),
        ([4.0, 1.0], [], 1.0),
        ([4.0, 1.0], [2.0, 5.0], 4.0),  # the first goes to the second device, free again after 3
        ([NEVER, 2.0], [1.0], 3.0),
        ([NEVER], [], NEVER),
        ([1.0], [None], NEVER),
        ([1.0, 6.0], [None], 6.0),
    ],
)
def test_a_job_begins_when_the_first_device_is_through_with_those_before_it(
    free_in, queue, seconds
):
    assert begins(free_in, queue) == seconds


def errand(name: str, model: str) -> Errand:
    order = Order((name,), (None,), replace(TASK, model=model), deadline=100.0)
    return Errand(order, None)


async def taken(backlog: Backlog, model: str) -> str:
    return (await backlog.take(model)).order.ids[0]


async def test_orders_for_the_loaded_model_go_first_but_nobody_waits_for_ever():
    backlog = Backlog(Signal())
    for name, model in [("1", "b"), ("2", "a"), ("3", "a"), ("4", "a"), ("5", "b")]:
        backlog.put(errand(name, model))
    assert [await taken(backlog, "a") for _ in range(3)] == ["2", "3", "1"]
    assert [await taken(backlog, "b") for _ in range(2)] == ["5", "4"]


async def test_who_waits_is_woken_by_an_order_and_by_the_end():
    backlog = Backlog(Signal())
    waiting = asyncio.create_task(backlog.take(""))
    await asyncio.sleep(0)
    backlog.put(errand("1", "a"))
    async with asyncio.timeout(30):
        assert (await waiting).order.ids == ("1",)
        waiting = asyncio.create_task(backlog.take(""))
        await asyncio.sleep(0)
        backlog.close()
        assert await waiting is None
    assert not backlog.open


async def test_what_is_left_can_be_given_back():
    backlog = Backlog(Signal())
    backlog.put(errand("1", "a"))
    assert [each.order.ids for each in backlog.clear()] == [("1",)]
    assert await backlog.take("") is None
