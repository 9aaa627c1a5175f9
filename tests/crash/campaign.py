"""People who keep asking, and a program that keeps dying."""

from __future__ import annotations

import asyncio
import signal
import time
from collections import Counter
from collections.abc import Coroutine
from dataclasses import dataclass, field
from random import Random

from tests.component.adapters.plug import Can
from tests.crash.bot import Bot
from tests.crash.strikes import Strike
from tests.crash.world import World

HORDE_SECONDS = 2.0
PATIENCE = 180.0
"""Real seconds for the last requests to be answered."""


WISHES = (
    ("draw for me a fox in the snow style: raw --n 1", 1),
    ("draw for me a castle style: stylepunks --n 5", 5),
    ("help", 0),
    ("draw for me two cats style: neon --n 3", 3),
    ("draw for me a robot style: no such style at all", 0),
    ("draw for me a lighthouse style: raw --n 2", 2),
)


@dataclass
class Campaign:
    """People who keep asking, and a program that keeps dying."""

    world: World
    random: Random
    asked: int = 0
    reached: Counter = field(default_factory=Counter)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)

    async def ask(self) -> None:
        """Let somebody ask; now and then somebody takes back, or the platform says it again."""
        text, pictures = WISHES[self.asked % len(WISHES)]
        self.asked += 1
        ledger = self.world.ledger
        promise = await ledger.ask(text, f"p{self.asked}", pictures=pictures)
        can = self.world.platform.can
        match self.asked % 7:
            case 3 if Can.DELETE in can:
                self._later(self.random.uniform(0, 6), ledger.take_back(promise))
            case 5 if Can.REPEAT in can:
                said = self.random.choice([p for p in ledger.promises.values() if not p.deleted])
                await self.world.platform.repeat(said.event)

    def _later(self, seconds: float, work: Coroutine[None, None, None]) -> None:
        async def wait() -> None:
            await asyncio.sleep(seconds)
            await work

        task = asyncio.create_task(wait())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def begin(self, bot: Bot) -> None:
        """Let the program start for the first time: what was said before that is not its business."""
        bot.start()
        await self.world.platform.attached(bot)
        await self.ask()
        await self.until_answered()

    async def until_answered(self) -> None:
        async def all_answered() -> bool:
            return not await self.world.ledger.open()

        await self.world.until(all_answered, PATIENCE, "the last answer")

    async def strike(self, bot: Bot, strike: Strike, number: int = signal.SIGKILL) -> str:
        """Let the program run into a strike, with people asking all the while; say where it was."""
        hit = asyncio.Event()
        where = str(strike)

        def struck(what: str) -> bool:
            nonlocal where
            where = f"{strike}: {what}"
            bot.send(number)
            hit.set()
            return number == signal.SIGKILL

        if strike.kind == "exchange":
            self.world.gate.arm(strike.number, struck, after=strike.after)
        elif strike.kind == "commit":
            bot.board.arm(strike.number, after=strike.after)
        else:
            asyncio.get_running_loop().call_later(strike.seconds, struck, "random")
        while not hit.is_set():
            if bot.ended.is_set():
                if strike.kind != "commit":
                    raise AssertionError(f"it ended by itself\n{bot.last_words()}")
                break
            if len(await self.world.ledger.open()) < 4:
                await self.ask()
            await asyncio.sleep(0.5)
        if number == signal.SIGKILL:
            await bot.ended.wait()
        if strike.kind == "commit":
            where = f"{strike}: {'after' if strike.after else 'before'} {bot.last_commit()}"
        self.reached[where.partition(": ")[2]] += 1
        wrong = await self.world.ledger.faults()
        assert not wrong, f"{where}\n{wrong}\n{self.world.last_words()}"
        return where

    async def finish(self) -> None:
        """Let everything be answered, and nothing more come after that."""
        world = self.world
        await asyncio.gather(*self._tasks)
        await self.until_answered()
        for _ in range(2000):  # the loop's seconds are far less than seconds
            if await world.ledger.settled():
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(10.0)
        await world.ledger.check()

    async def report(self, title: str, began: float) -> None:
        cost, world = await self.world.ledger.cost(), self.world
        print(
            f"\n{title}: {sum(self.reached.values())} kills in {time.monotonic() - began:.0f} s, "
            f"{sum(bot.starts for bot in world.bots)} starts, "
            f"{world.gate.count} exchanges, {sum(bot.board.commits for bot in world.bots)} commits; "
            f"{self.asked} requests ({sum(p.deleted for p in world.ledger.promises.values())} taken "
            f"back), each answered once.\nHorde: {cost}\nStruck: {_table(self.reached)}",
            flush=True,
        )


def _table(counter: Counter) -> str:
    return ", ".join(f"{what} {times}" for what, times in sorted(counter.items()))
