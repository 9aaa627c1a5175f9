"""When the program says that it is not well, and when it is well again."""

import asyncio

import pytest

from bots.operator.health import Health
from common.database import Database, make_engine
from common.errors import PlatformError
from request.runner import Runner
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
