"""Kill the real program (SIGKILL) at every step it makes: each request is answered, once.

`KILLS` says how often (60). The program runs against a fake Horde and a fake chat platform that
outlive it, on SQLite and on PostgreSQL; alone, started again after each kill; and in twos on one
database, where the other takes over. The world goes on from kill to kill: what one leaves behind is
what the next start finds. See `tests/crash/strikes.py` for where it is struck.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from random import Random

import pytest

from tests.crash.bot import Bot
from tests.crash.campaign import HORDE_SECONDS, Campaign
from tests.crash.strikes import strikes
from tests.crash.world import LOOK, World, built, live, new_pace
from tests.fakes.postgres import running_cluster

KILLS = int(os.environ.get("KILLS", "60"))
ALL = 300
"""From so many on nothing is left out; below, PostgreSQL and the twos get a share."""
ALONE_PACE = float(os.environ.get("CRASH_PACE", "8"))
TWOS_PACE = float(os.environ.get("CRASH_PACE", "15"))
TAKEN_OVER = 66.0
"""Seconds until the other process serves: the rest of a lease, and its look every five."""
HUNG = 90.0
"""Seconds for which a process hangs: longer than its lease lasts."""
SETTLED = 15.0
"""Seconds until it is clear who serves."""


@pytest.fixture(scope="module")
def cluster():
    with running_cluster() as running:
        yield running


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """Address of an empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
    return request.getfixturevalue("cluster").new_database()


def share(database: str, *, twos: bool) -> int:
    """Return the kills for a database; in twos each takes the minute until a lease ends."""
    if KILLS >= ALL:
        return KILLS // 3 if twos else KILLS
    if twos:
        return max(6, KILLS // 10)
    return KILLS if database.startswith("sqlite") else max(20, KILLS // 3)


@pytest.mark.timeout(0)
def test_program_that_dies_anywhere_answers_every_request_once(database, tmp_path):
    pace, began = new_pace(ALONE_PACE), time.monotonic()

    async def main():
        async with built(pace, tmp_path, database) as world:
            world.horde.seconds = HORDE_SECONDS
            campaign = Campaign(world, Random(KILLS))
            bots = [world.bot("one"), world.bot("one", webhook=True)]
            await campaign.begin(bots[0])
            await bots[0].kill()
            for number, strike in enumerate(strikes(share(database, twos=False), campaign.random)):
                bot = bots[number % 2]
                bot.start()
                await campaign.ask()
                where = await campaign.strike(bot, strike)
                print(f"{number:4} {time.strftime('%X')} {where}", flush=True)
            bots[0].start()
            await campaign.finish()
            await bots[0].stop()
            await campaign.report("one process", began)

    live(pace, main)


@pytest.mark.timeout(0)
def test_other_process_takes_over_from_one_that_dies_or_hangs(database, tmp_path):
    pace, began = new_pace(TWOS_PACE), time.monotonic()

    async def main():
        async with built(pace, tmp_path, database) as world:
            world.horde.seconds = HORDE_SECONDS
            campaign = Campaign(world, Random(KILLS))
            serving, standby = world.bot("one"), world.bot("two")
            await campaign.begin(serving)
            took = []
            for number, strike in enumerate(strikes(share(database, twos=True), campaign.random)):
                await until_held(world, serving)
                if standby.pid is None:
                    standby.start()
                await campaign.ask()
                hangs = strike.kind != "commit" and number // 5 % 2 == 1
                sent = signal.SIGSTOP if hangs else signal.SIGKILL
                where = await campaign.strike(serving, strike, sent)
                lost = pace.monotonic()
                if hangs:
                    where += ", hung"
                    asyncio.get_running_loop().call_later(HUNG, serving.send, signal.SIGCONT)
                if await until_held(world, standby, serving if hangs else standby) is standby:
                    seconds = pace.monotonic() - lost
                    where += f"; taken over after {seconds:.0f} s"
                    took += [] if hangs else [seconds]
                    serving, standby = standby, serving
                print(f"{number:4} {time.strftime('%X')} {where}", flush=True)
                await asyncio.sleep(HUNG - pace.monotonic() + lost if hangs else 0)
            await campaign.finish()
            await serving.stop()
            await campaign.report("two processes", began)
            print(f"from a dead one in {min(took):.0f} to {max(took):.0f} s", flush=True)
            assert max(took) < TAKEN_OVER + 30 * pace.speed  # a second of ours is many of theirs

    live(pace, main)


async def until_held(world: World, bot: Bot, other: Bot | None = None) -> Bot:
    """Wait until a program serves the account; return which of the two it is.

    Who hangs may hang with SQLite's lock in its hands: then nobody takes over, and it goes on.
    """
    began = world.pace.monotonic()
    while True:
        name = await world.holder()
        if name == bot.name:
            return bot
        waited = world.pace.monotonic() - began
        if other is not None and name == other.name and waited > HUNG + SETTLED:
            return other
        if waited > 10 * HUNG:
            raise AssertionError(f"{bot.name} did not take over\n{world.last_words()}")
        await asyncio.sleep(LOOK)
