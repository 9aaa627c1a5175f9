"""Everything around the program: a Horde, a chat platform, a database, a clock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from request.kept.tables import leases
from tests.component.adapters.plug import Plug
from tests.crash.bot import Bot, Nursery
from tests.crash.gate import Gate
from tests.crash.ledger import Ledger
from tests.crash.pace import REAL_MONOTONIC, Pace
from tests.crash.platforms import chosen
from tests.fakes.horde import FakeHorde

LOOK = 0.2
"""Seconds, at the world's pace, between two looks at whether something has happened."""


@dataclass
class World:
    """What the harness holds in its hands."""

    pace: Pace
    folder: Path
    horde: FakeHorde
    platform: Plug
    gate: Gate
    engine: AsyncEngine
    nursery: Nursery
    database: str
    ledger: Ledger = field(init=False)
    bots: list[Bot] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.ledger = Ledger(self.platform, self.engine, self.horde)

    def bot(self, name: str, *, webhook: bool = False, **more: object) -> Bot:
        """Return an instance of the program, not started yet; `more` is of its configuration."""
        endpoint = {"name": "fake", "url": self.horde.url}
        if webhook:
            endpoint["webhook"] = "loopback"
        config = {
            "data_dir": str(self.folder / "data"),
            "database": self.database,
            "run": [self.platform.name],
            "horde": {"endpoints": [endpoint]},
            "reference": {"url": None},
            "civitai": {"url": None},
            "accounts": {
                self.platform.name: {"platform": self.platform.name, **self.platform.section()}
            },
            "defaults": {
                "enabled": True,
                "running_per_person": 1000,
                "requests_per_hour": 1_000_000,
            },
            **more,
        }
        bot = Bot(self.nursery, self.folder, name, config)
        self.bots.append(bot)
        return bot

    async def until(self, holds: Callable[[], Awaitable[bool]], seconds: float, what: str) -> None:
        """Wait until something holds; fail with the programs' last words if it does not.

        `seconds` are real ones.
        """
        end = REAL_MONOTONIC() + seconds
        while not await holds():
            if REAL_MONOTONIC() > end:
                owed = await self.ledger.open()
                raise AssertionError(f"{what} did not happen\n{owed}\n{self.last_words()}")
            await asyncio.sleep(LOOK)

    def last_words(self) -> str:
        return "\n".join(f"--- {bot.name}\n{bot.last_words()}" for bot in self.bots)

    async def holder(self) -> str | None:
        """Return the name of the instance that serves the account now."""
        query = sa.select(leases.c.owner, leases.c.until).where(leases.c.name == self.platform.name)
        try:
            async with self.engine.connect() as connection:
                row = (await connection.execute(query)).one_or_none()
        except sa.exc.DBAPIError:  # not migrated yet
            return None
        return row.owner if row is not None and row.until > self.pace.unix() else None


@asynccontextmanager
async def built(
    pace: Pace, folder: Path, database: str, platform: Plug | None = None
) -> AsyncIterator[World]:
    """Build a world and take it down; without a platform it is the one that is chosen."""
    gate = Gate()
    horde = FakeHorde(clock=pace.monotonic)
    horde.journal.on_exchange(
        lambda exchange: gate.passed("webhook") if exchange.route == "webhook" else None
    )
    engine = create_async_engine(database)
    nursery = Nursery(folder, pace)
    with gate.before_all_servers():
        async with horde, platform or chosen(pace.unix) as stage:
            world = World(pace, folder, horde, stage, gate, engine, nursery, database)
            try:
                yield world
            finally:
                for bot in world.bots:
                    if bot.pid is not None:
                        await bot.kill()
                nursery.close()
                await engine.dispose()


def live(pace: Pace, main: Callable[[], object]) -> None:
    """Run a harness at a pace."""
    with asyncio.Runner(loop_factory=pace.new_loop) as runner:
        runner.run(main())


def new_pace(speed: float) -> Pace:
    return Pace(speed, time.time())
