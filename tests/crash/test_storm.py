"""A storm: every request meets a fault of its own, and all the same each is answered, once.

`STORM` says how many requests (60; 1000 for the figures in docs/reference/durability.md). One
program runs through all of it: faults of the line at every step towards the Horde and the chat
platform, pictures that are none, a full disk, a wrong clock, a locked or restarted database, and
servers that are gone for a while. Its memory is watched.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import time
from collections import Counter
from contextlib import ExitStack

import pytest

from tests.crash import disasters
from tests.crash.ledger import Promise
from tests.crash.mishaps import HORDE_STEPS, Mishap, Trap, mishaps
from tests.crash.world import World, built, live, new_pace
from tests.fakes.postgres import Cluster, running_cluster

STORM = int(os.environ.get("STORM", "60"))
PACE = float(os.environ.get("CRASH_PACE", "8"))
AT_ONCE = 12
WARM_UP = min(60, STORM // 2)
"""Requests without a fault before the memory is looked at for the first time."""
EVERY = 10
"""One request in so many meets a disaster instead of a fault of the line."""
PICTURES = 2
FLAT = 24 * 1024 * 1024
"""Bytes by which the memory may differ at the end."""
SPARE = 30
"""Threads, and files, by which it may differ: connections kept for the next time."""
PATIENCE = 240.0


@pytest.fixture(scope="module")
def cluster():
    with running_cluster() as running:
        yield running


@pytest.mark.timeout(0)
@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_requests_outlive_whatever_goes_wrong_around_them(kind, request, tmp_path):
    sqlite = tmp_path / "data" / "hordebots.sqlite"
    address, own = f"sqlite+aiosqlite:///{sqlite}", [disasters.lock_sqlite(sqlite, 1.0)] * 3
    own.append(disasters.lock_sqlite(sqlite, 12.0))
    if kind == "postgresql":
        cluster: Cluster = request.getfixturevalue("cluster")
        address = cluster.new_database()
        own = [disasters.restart_postgres(cluster, how) for how in ("fast", "immediate")]

    async def main():
        async with built(new_pace(PACE), tmp_path, address) as world:
            await Storm(world, own).run()

    with ExitStack() as stack:
        mounted = stack.enter_context(disasters.small_disk(tmp_path / "data"))
        print(
            f"\n{kind}: a disk of its own {'is' if mounted else 'may not be'} mounted", flush=True
        )
        live(new_pace(PACE), main)


class Storm:
    def __init__(self, world: World, own: list[disasters.Disaster]) -> None:
        self.world = world
        self.trap = Trap(world.horde)
        world.horde.seconds = 1.0
        self.bot = world.bot("one")
        self.met: Counter = Counter()
        self._mishaps = itertools.cycle(mishaps())
        self._disasters = itertools.cycle(
            (
                disasters.fill_disk,
                *own,
                disasters.forbid_growth,
                disasters.jump_clock(90.0),
                disasters.silence_horde,
                disasters.jump_clock(-3600.0),
                disasters.silence_platform,
                disasters.jump_clock(3600.0),
            )
        )
        self._at_work: set[asyncio.Task] = set()
        self._numbers = itertools.count()

    async def run(self) -> None:
        began = time.monotonic()
        await self.begin()
        await self.ask_all(WARM_UP, lambda _number: None)
        held = [self.bot.holds()]
        for _ in range(10):
            await self.ask_all(STORM // 10, self.send_trouble)
            held.append(self.bot.holds())
            print(time.strftime("%X"), held[-1], flush=True)
        await self.end()
        cost = await self.world.ledger.cost()
        shown = ", ".join(f"{what} {times}" for what, times in sorted(self.met.items()))
        megabytes = " ".join(f"{now.memory / 1e6:.0f}" for now in held)
        print(
            f"{STORM} requests with a fault each ({WARM_UP} before without) in "
            f"{time.monotonic() - began:.0f} s, each answered once.\nHorde: {cost}\n"
            f"Memory in MB, from the first fault to the last: {megabytes}\nFaults: {shown}",
            flush=True,
        )
        assert held[-1].memory - held[0].memory < FLAT
        assert held[-1].threads - held[0].threads < SPARE
        assert held[-1].files - held[0].files < SPARE

    async def begin(self) -> None:
        """Start the program; the trap sees what comes before the fake Horde does."""
        horde = self.world.horde
        await horde.stop()
        horde.middlewares = (*horde.middlewares, self.trap.middleware)
        await horde.start()
        self.bot.start()

    async def ask_all(self, count: int, trouble) -> None:
        """Let so many people ask, a few at a time, and wait for their answers."""
        asked: list[Promise] = []
        for number in itertools.islice(self._numbers, count):
            await self.until_answered(asked, AT_ONCE - 1)
            trouble(number)
            text = f"draw for me a fox storm{number} style: raw --n {PICTURES}"
            asked.append(await self.world.ledger.ask(text, f"p{number}"))
        await self.until_answered(asked, 0)

    async def until_answered(self, asked: list[Promise], but: int) -> None:
        async def few() -> bool:
            assert not self.bot.ended.is_set(), f"it ended by itself\n{self.bot.last_words()}"
            asked[:] = [one for one in asked if not await self.world.ledger.is_answered(one)]
            return len(asked) <= but

        await self.world.until(few, PATIENCE, "the answer")

    def send_trouble(self, number: int) -> None:
        if number % EVERY == 0:
            self.trap.lay(number, "check", self.disaster(next(self._disasters)))
            return
        mishap = next(self._mishaps)
        self.met[mishap.name] += 1
        if mishap.step in HORDE_STEPS:
            self.trap.lay(number, mishap.step, mishap.fault)
        else:
            self.trouble_chat(mishap)

    def trouble_chat(self, mishap: Mishap) -> None:
        """Let the next request go wrong at a step towards the platform."""
        chat = self.world.platform.fake
        own = f"/m{chat.next_number()}/" if mishap.step not in {"unread", "read"} else ""
        chat.fail(mishap.step, mishap.fault(), only=own)

    def disaster(self, bring: disasters.Disaster):
        self.met[bring.__qualname__.partition(".")[0]] += 1

        def spring() -> None:
            task = asyncio.ensure_future(bring(self.world, self.bot))
            self._at_work.add(task)
            task.add_done_callback(self._at_work.discard)

        return spring

    async def end(self) -> None:
        """Check that all is answered, and by pictures: nothing here is reason enough for none."""
        await asyncio.gather(*self._at_work)
        world = self.world
        for _ in range(2000):  # the loop's seconds are far less than seconds
            if await world.ledger.settled():
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(10.0)
        await world.ledger.check()
        endings: Counter = Counter()
        for promise in world.ledger.promises.values():
            answers = await world.platform.answers(promise.event)
            came = sum(answer.pictures for answer in answers)
            endings[f"{came} pictures" if came else answers[0].text[:160]] += 1
        print("Answers:", *(f"{times} × {what}" for what, times in endings.items()), sep="\n  ")
        assert set(endings) <= {"1 pictures", "2 pictures"}, self.bot.last_words()
        assert self.trap.waiting == 0
        await self.bot.stop()
