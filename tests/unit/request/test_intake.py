"""What is taken up after a restart: a few at a time, and people by turns."""

import asyncio

import pytest

from request.intake import Intake


class Queue:
    """People with requests who go through a door."""

    def __init__(self, most):
        self.intake = Intake(most)
        self.inside = []
        self.tasks = {}

    async def _go(self, request, person):
        await self.intake.enter(request, person)
        self.inside.append(request)

    def take_up(self, *requests):
        """Have requests stand in line; the first letter says whose each is."""
        for one in requests:
            self.tasks[one] = asyncio.create_task(self._go(one, one[0]))

    async def settle(self):
        """Let everything happen that can without anybody leaving."""
        for _ in range(10):
            await asyncio.sleep(0)


@pytest.fixture
async def queue():
    one = Queue(2)
    yield one
    for task in one.tasks.values():
        task.cancel()
    await asyncio.gather(*one.tasks.values(), return_exceptions=True)


async def leave_one_by_one(queue):
    """Have each leave in turn; return in which order they came in."""
    await queue.settle()
    for number in range(len(queue.tasks)):
        queue.intake.leave(queue.inside[number])
        await queue.settle()
    return " ".join(queue.inside)


async def test_so_many_are_taken_up_at_once_and_no_more(queue):
    queue.take_up("a1", "b1", "c1", "d1")
    await queue.settle()
    assert queue.inside == ["a1", "b1"]


async def test_who_leaves_makes_room_for_one_however_often_they_leave(queue):
    queue.take_up("a1", "b1", "c1", "d1", "e1")
    await queue.settle()
    queue.intake.leave("a1")
    queue.intake.leave("a1")
    await queue.settle()
    assert queue.inside == ["a1", "b1", "c1"]


async def test_people_take_turns_in_the_order_they_came(queue):
    queue.take_up("a1", "a2", "a3", "a4", "b1", "a5", "c1", "b2")
    assert await leave_one_by_one(queue) == "a1 b1 c1 a2 b2 a3 a4 a5"


async def test_who_comes_while_others_wait_is_not_last_because_another_has_many(queue):
    queue.take_up(*(f"a{number}" for number in range(6)))
    await queue.settle()
    queue.take_up("b1")
    assert (await leave_one_by_one(queue)).split().index("b1") == 3


async def test_who_is_gone_is_passed_over_and_takes_no_room(queue):
    queue.take_up("a1", "b1", "c1", "d1")
    await queue.settle()
    queue.tasks["c1"].cancel()
    await queue.settle()
    queue.intake.leave("b1")
    await queue.settle()
    assert queue.inside == ["a1", "b1", "d1"]


async def test_who_is_cut_off_in_the_door_makes_room(queue):
    queue.take_up("a1", "b1", "c1", "d1")
    await queue.settle()
    queue.intake.leave("a1")  # c1 has its turn, and does not know it yet
    queue.tasks["c1"].cancel()
    await queue.settle()
    assert queue.inside == ["a1", "b1", "d1"]
