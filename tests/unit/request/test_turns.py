"""People take turns in front of a Horde that may be asked only so often."""

import asyncio

from request.horde.turns import Standing, Turns


class Budget:
    """A budget that is given out by hand."""

    def __init__(self):
        self.given = asyncio.Semaphore(0)

    async def __call__(self):
        await self.given.acquire()


async def settle():
    for _ in range(20):
        await asyncio.sleep(0)


class Crowd:
    """People who wait in one queue, and the order in which they were served."""

    def __init__(self, pace=0.5):
        self.budget = Budget()
        self.turns = Turns(self.budget, lambda: pace)
        self.served = []
        self.told = {}

    def wants(self, whose, number=1):
        name = f"{whose}{number}"

        async def wait():
            await self.turns.take(whose, lambda standing: self.told.update({name: standing}))
            self.served.append(name)

        return asyncio.create_task(wait())

    async def give(self, count=1):
        for _ in range(count):
            self.budget.given.release()
            await settle()


async def test_one_persons_many_jobs_hold_nobody_else_up():
    crowd = Crowd()
    tasks = [crowd.wants("ann", number) for number in range(1, 6)]
    await settle()
    tasks += [crowd.wants("bob"), crowd.wants("eve", 1), crowd.wants("eve", 2)]
    await settle()
    await crowd.give(8)
    await asyncio.gather(*tasks)
    assert crowd.served == ["ann1", "bob1", "eve1", "ann2", "eve2", "ann3", "ann4", "ann5"]


async def test_everybody_is_told_where_they_stand_and_how_long_it_takes():
    crowd = Crowd(pace=0.5)
    tasks = [crowd.wants("ann", number) for number in (1, 2, 3)]
    await settle()
    tasks += [crowd.wants("bob", number) for number in (1, 2)]
    await settle()
    assert crowd.told["bob1"] == Standing(place=2, seconds=1)
    assert crowd.told["bob2"] == Standing(place=4, seconds=2)
    await crowd.give()
    assert {name: standing.place for name, standing in crowd.told.items() if name != "ann1"} == {
        "bob1": 1,
        "ann2": 2,
        "bob2": 3,
        "ann3": 4,
    }
    await crowd.give(4)
    await asyncio.gather(*tasks)


async def test_who_leaves_costs_nobody_a_turn():
    crowd = Crowd()
    ann, bob = crowd.wants("ann"), crowd.wants("bob")
    await settle()
    ann.cancel()
    crowd.budget.given.release()  # at the same moment
    await asyncio.gather(ann, bob, return_exceptions=True)
    assert crowd.served == ["bob1"]


async def test_a_queue_that_all_have_left_takes_no_budget():
    crowd = Crowd()
    ann = crowd.wants("ann")
    await settle()
    ann.cancel()
    await asyncio.gather(ann, return_exceptions=True)
    bob = crowd.wants("bob")
    await settle()
    await crowd.give()
    await bob
    assert crowd.served == ["bob1"]


async def test_who_comes_while_the_last_one_leaves_is_served():
    crowd = Crowd()
    ann = crowd.wants("ann")
    await settle()
    ann.cancel()
    bob = crowd.wants("bob")  # both happen before anybody else is heard
    await settle()
    await crowd.give()
    await asyncio.wait_for(bob, 30)
    assert crowd.served == ["bob1"]


async def test_without_a_limit_nobody_waits():
    crowd = Crowd(pace=0.0)
    await asyncio.gather(*(crowd.wants("ann", number) for number in range(100)))
    assert len(crowd.served) == 100
    assert crowd.told == {}


async def test_a_full_horde_gets_one_at_a_time_and_only_when_there_may_be_room():
    crowd = Crowd(pace=0.0)
    crowd.turns.hold(3600)
    tasks = [crowd.wants("ann", number) for number in (1, 2, 3)]
    await settle()
    await crowd.give(3)
    assert crowd.served == []
    assert crowd.told["ann1"] == Standing(place=1, seconds=0)
    crowd.turns.knock()
    await settle()
    assert crowd.served == ["ann1"]
    crowd.turns.let_go()
    await asyncio.gather(*tasks)
    assert crowd.served == ["ann1", "ann2", "ann3"]


async def test_a_full_horde_is_tried_again_after_a_while():
    crowd = Crowd(pace=0.0)
    crowd.turns.hold(0.01)
    ann = crowd.wants("ann")
    await settle()
    await crowd.give()
    await ann
    assert crowd.served == ["ann1"]
