"""What a restart finds: open requests are taken up a few at a time, and all are answered."""

import asyncio
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from common.errors import PlatformError
from common.model import Ending, IncomingKind
from request.intake import AT_ONCE
from request.kept.records import RequestState
from tests.fakes.platform import FakePlatform
from tests.waiting import wait_until

pytestmark = pytest.mark.database
FOX = "draw for me a fox style: raw --n 1"
LEFT = 40


class Gate(FakePlatform):
    """A platform whose posts of what was left open stand still until they are let go."""

    def __init__(self):
        super().__init__()
        self.capabilities = replace(self.capabilities, reply_timeout=30.0)
        self.open = asyncio.Event()
        self.arrived = []

    async def reply(self, incoming, outcome, part):
        if incoming.event.startswith("left"):
            self.arrived.append(incoming.event)
            await self.open.wait()
        return await super().reply(incoming, outcome, part)


@pytest.fixture
def leave(store, leases, clock, heard):
    """Leave requests open, as a program that was killed does; one second lies between them."""

    async def left(*events, text="help"):
        lease = await leases.take("web")
        for person, event in events:
            clock.now += 1
            asked = heard(text, event=event, person=person, expects=True)
            await store.insert_once(lease, asked, 1)
        await leases.release(lease)

    return left


async def all_closed(core):
    async with asyncio.timeout(60):
        while await core.store.open_requests("web"):
            await asyncio.sleep(0.02)


async def test_a_restart_takes_up_a_few_at_a_time_and_hears_who_asks_now(start, heard, leave):
    await leave(*((f"p{number}", f"left{number}") for number in range(LEFT)))
    platform = Gate()
    with capture_logs() as lines:
        async with start(platform) as core:
            await wait_until(lambda: len(platform.arrived) == AT_ONCE)
            platform.say(heard("help", event="new", person="zoe"))
            await platform.answer_to("new")
            assert len(platform.arrived) == AT_ONCE
            platform.open.set()
            await all_closed(core)
    assert len(platform.posts) == LEFT + 1
    assert [line for line in lines if line["event"] == "request_interrupted"] == []


async def test_a_person_with_many_open_requests_does_not_hold_up_another(start, leave):
    many = [("ann", f"left-ann{number}") for number in range(3 * AT_ONCE)]
    await leave(*many, ("bob", "left-bob"))
    platform = Gate()
    async with start(platform) as core:
        await wait_until(lambda: len(platform.arrived) == AT_ONCE)
        assert "left-bob" in platform.arrived
        oldest = [event for _, event in many[: AT_ONCE - 1]]
        assert sorted(set(platform.arrived) - {"left-bob"}) == sorted(oldest)
        platform.open.set()
        await all_closed(core)


async def test_what_waits_for_a_horde_makes_room_for_the_next(start, leave, horde):
    horde.seconds = None
    people = [(f"p{number}", f"left{number}") for number in range(3 * AT_ONCE)]
    await leave(*people, text=FOX)
    platform = FakePlatform()
    async with start(platform) as core:
        await wait_until(lambda: horde.journal.count("submit") == len(people))
        for one in list(horde.requests):
            horde.finish(one)
        await all_closed(core)
    assert {outcome.ending for _, outcome, _ in platform.posts.values()} == {Ending.DONE}


async def test_what_its_platform_does_not_take_makes_room_for_the_next(start, leave):
    await leave(*((f"p{number}", f"left{number}") for number in range(3 * AT_ONCE)))

    class Picky(FakePlatform):
        taken = False

        async def reply(self, incoming, outcome, part):
            if not self.taken and int(incoming.event.removeprefix("left")) < AT_ONCE:
                raise PlatformError(platform="web", problem="down")
            return await super().reply(incoming, outcome, part)

    platform = Picky()
    async with start(platform) as core:
        await wait_until(lambda: len(platform.posts) == 2 * AT_ONCE)
        platform.taken = True
        await all_closed(core)


async def test_what_breaks_makes_room_for_the_next(start, leave):
    await leave(*((f"p{number}", f"left{number}") for number in range(3 * AT_ONCE)))

    class Broken(FakePlatform):
        well = False

        async def find_own_reply(self, incoming, part, known=()):
            if not self.well and int(incoming.event.removeprefix("left")) < AT_ONCE:
                raise ZeroDivisionError
            return await super().find_own_reply(incoming, part, known)

    platform = Broken()
    async with start(platform) as core:
        await wait_until(lambda: len(platform.posts) == 2 * AT_ONCE)
        platform.well = True
        await all_closed(core)


async def test_what_is_taken_back_while_it_stands_in_line_is_never_taken_up(start, heard, leave):
    await leave(*((f"p{number}", f"left{number}") for number in range(2 * AT_ONCE)))
    last = heard("", event=f"left{2 * AT_ONCE - 1}", kind=IncomingKind.DELETION)
    platform = Gate()
    async with start(platform) as core:
        await wait_until(lambda: len(platform.arrived) == AT_ONCE)
        platform.say(last)
        async with asyncio.timeout(30):
            while len(await core.store.open_requests("web")) == 2 * AT_ONCE:
                await asyncio.sleep(0.01)
        platform.open.set()
        await all_closed(core)
        request_id = await core.store.request_of_event(last)
        assert (await core.store.request(request_id)).state is RequestState.CANCELLED
    assert last.event not in platform.arrived
