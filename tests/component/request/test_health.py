"""When the program says that it is not well, and when it is well again."""

import asyncio
import time
from email.utils import formatdate

import pytest

from bots.operator.health import Health
from bots.operator.timekeeping import LOOKED_AT_EVERY, Timekeeping
from common.database import Database, make_engine
from common.errors import PlatformError
from request.runner import Runner
from tests.fakes.clock import Clock
from tests.fakes.faults import Fault, Kind
from tests.fakes.platform import FakePlatform


class Deaf(FakePlatform):
    """A platform whose stream breaks until it is mended."""

    broken = True

    async def listen(self):
        if self.broken:
            raise PlatformError(platform="web", problem="the stream is broken")
        async for incoming in super().listen():
            yield incoming


@pytest.fixture
async def served(start):
    """The runner of a deaf platform, at work, and its core."""
    platform = Deaf()
    async with start() as core:
        runner = Runner(
            platform,
            service=core.service,
            store=core.store,
            leases=core.leases,
            sleep=lambda _: asyncio.sleep(0.02),
        )
        stop = asyncio.Event()
        running = asyncio.create_task(runner.run(stop))
        yield core, runner, platform
        stop.set()
        await running


async def until(health, status):
    async with asyncio.timeout(30):
        while (report := await health.report())["status"] != status:
            await asyncio.sleep(0.02)
    return report


async def test_a_platform_that_cannot_be_listened_to_is_named_until_it_can(served):
    core, runner, platform = served
    health = Health(core.services.database, [runner], core.hordes, core.knowledge.library)
    report = await until(health, "failing")
    [problem] = report["problems"]
    assert "The account web could not listen to its platform" in problem
    assert "the stream is broken" in problem
    assert not report["accounts"]["web"]["listening"]
    platform.broken = False
    report = await until(health, "ok")
    assert report["accounts"]["web"]["listening"]


async def test_an_account_that_another_instance_serves_is_degraded(served, leases):
    core, _runner, _platform = served
    await leases.take("elsewhere")
    waiting = Runner(
        FakePlatform("elsewhere"), service=core.service, store=core.store, leases=core.leases
    )
    health = Health(core.services.database, [waiting], core.hordes, core.knowledge.library)
    report = await health.report()
    assert report["status"] == "degraded"
    assert report["problems"] == [
        "The account elsewhere is served by another instance; this one stands by."
    ]


async def test_a_database_that_does_not_answer_is_failing(served, tmp_path):
    core, _runner, _platform = served
    gone = Database(make_engine(f"sqlite:///{tmp_path}"))
    report = await Health(gone, [], core.hordes, core.knowledge.library).report()
    await gone.close()
    assert (report["status"], report["database"]) == ("failing", False)
    assert report["problems"] == ["The database does not answer."]


def dated(clock):
    """Return an answer of a Horde whose clock is that one."""
    return Fault(
        Kind.ANSWER, headers={"Date": formatdate(clock(), usegmt=True)}, body='{"message": "OK"}'
    )


async def test_a_clock_that_differs_from_a_hordes_is_said_once_until_it_is_right(served, horde):
    core, runner, platform = served
    platform.broken = False
    health = Health(core.services.database, [runner], core.hordes, core.knowledge.library)
    watching = Timekeeping(core.hordes)
    [endpoint] = core.hordes.endpoints
    horde.fail("heartbeat", dated(lambda: time.time() - 3600))
    await endpoint.client.heartbeat()
    report = await until(health, "degraded")
    sentence = "The clock of this machine is 60 min ahead of that of the Horde fake0."
    assert any(problem.startswith(sentence) for problem in report["problems"])
    [told] = watching.look()
    assert told.startswith(sentence)
    assert watching.look() == []
    horde.fail("heartbeat", dated(lambda: time.time() + 3600))
    await endpoint.client.heartbeat()
    assert "60 min behind" in " ".join((await health.report())["problems"])
    await endpoint.client.heartbeat()
    await until(health, "ok")
    assert watching.look() == []


async def test_a_clock_that_jumps_is_said_each_time(served):
    core, _runner, _platform = served
    now, ticks = Clock(9000.0), Clock(5.0)
    watching = Timekeeping(core.hordes, now=now, monotonic=ticks)
    for by, told in ((3600.0, "put forward by 60 min"), (-7200.0, "put back by 120 min")):
        now.now += by
        [jumped] = watching.look()
        assert told in jumped
        now.now += 3600.0
        ticks.now += 3600.0
        assert watching.look() == []


async def test_the_clock_is_watched_until_the_end(served):
    core, _runner, _platform = served
    stop, looks = asyncio.Event(), []

    async def sleep(seconds):
        looks.append(seconds)
        if len(looks) == 3:
            stop.set()

    async with asyncio.timeout(30):
        await Timekeeping(core.hordes, sleep=sleep).run(stop)
    assert looks == [LOOKED_AT_EVERY] * 3
