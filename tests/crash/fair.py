"""The world of a challenge: five platforms, a Horde, one clock for all, and the program in it.

Its clock runs at a pace, and jumps where nothing happens for days: the fakes' clock and the
program's together.
"""

from __future__ import annotations

import asyncio
import os
import random
import re
import signal
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import sqlalchemy as sa
import yaml
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from events.tables import event_posts, events
from request.kept.records import FINAL_STATES
from request.kept.tables import requests
from tests.component.adapters.plug import Answer, Plug
from tests.component.adapters.plugs.discord import DiscordPlug
from tests.component.adapters.plugs.lemmy import LemmyPlug
from tests.component.adapters.plugs.mastodon import MastodonPlug
from tests.component.adapters.plugs.reddit import RedditPlug
from tests.crash.board import Board
from tests.crash.bot import Bot, Nursery, watch
from tests.crash.gate import Gate
from tests.crash.nursery import DIED
from tests.crash.pace import REAL_MONOTONIC, Pace
from tests.fakes.horde import FakeHorde
from tests.fakes.ports import spare

LOOK = 1.0
"""Seconds, at the world's pace, between two looks at whether something has happened."""
PATIENCE = float(os.environ.get("PATIENCE", "300"))
"""Real seconds until something that does not happen is a failure."""
LONGEST = 4.0
"""Real seconds until a program that is up is killed without having run into its strike."""
NUDGED_EVERY = 10.0
"""Seconds, at the world's pace, between two jumps of the clock while something is waited for."""
WALL, SHOWCASE = "aiart", "showcase"
DIRECT = 1
"""Discord's number for a channel between two."""
ALSO = ("discord", "lemmy", "mastodon", "reddit", "web")
IMPORTED = (
    "bots.discord.adapter",
    "bots.lemmy.adapter",
    "bots.mastodon.adapter",
    "bots.reddit.adapter",
    "bots.web.adapter",
    "bots.cli.event_wizard",
    "bots.cli.event_files",
)


class Calendar:
    """The world's clock."""

    def __init__(self, pace: Pace) -> None:
        self.pace = pace
        self.jumped = 0.0

    def unix(self) -> float:
        return self.pace.unix() + self.jumped

    def steady(self) -> float:
        return self.pace.monotonic() + self.jumped


@dataclass
class Fair:
    """What the harness holds in its hands."""

    folder: Path
    calendar: Calendar
    horde: FakeHorde
    plugs: dict[str, Plug]
    gate: Gate
    engine: AsyncEngine
    nursery: Nursery
    config: dict
    random: random.Random
    struck: Counter[str] = field(default_factory=Counter)
    commands: int = 0

    def __post_init__(self) -> None:
        self.bot = Bot(self.nursery, self.folder, "one", self.config)
        self.started = 0.0

    @property
    def url(self) -> str:
        return str(self.config["web"]["public_url"])

    # --- the program ------------------------------------------------------------------------

    def start(self) -> None:
        self.bot.board.set_clock(self.calendar.jumped)
        self.bot.start()
        self.started = self.calendar.steady()

    def jump(self, seconds: float) -> None:
        """Let so much time pass at once."""
        self.calendar.jumped += max(seconds, 0.0)
        self.bot.board.set_clock(self.calendar.jumped)

    async def command(self, *words: str, typed: str = "", configured: bool = True) -> str:
        """Run a command of the program's; return what it prints."""
        self.commands += 1
        stem = self.folder / f"command-{self.commands}"
        stem.with_suffix(".typed").write_text(typed)
        stem.with_suffix(".yaml").write_text(yaml.safe_dump({**self.config, "instance": "shell"}))
        board = Board(stem.with_suffix(".board"))
        board.set_clock(self.calendar.jumped)
        order = {
            "argv": [*words, *(("--config", str(stem.with_suffix(".yaml"))) if configured else ())],
            "board": str(stem.with_suffix(".board")),
            "log": str(stem.with_suffix(".log")),
            "typed": str(stem.with_suffix(".typed")),
        }
        ended = asyncio.Event()
        watch(self.nursery.start(order), ended.set)
        async with asyncio.timeout(PATIENCE * self.calendar.pace.speed):
            await ended.wait()
        told = stem.with_suffix(".log").read_text()
        assert "Traceback" not in told, told
        return told

    async def kill(self, names: Sequence[str], *, nudge: float = 0.0) -> str:
        """Start the program, and kill it where chance says; `names` are exchanges of this phase.

        If it does not come there for a while, it dies at what it does just then. `nudge` is as in
        `until`.
        """
        self.start()
        where, after = "", self.random.random() < 0.5

        def strike(what: str) -> bool:
            nonlocal where
            where = what
            self.bot.send(signal.SIGKILL)
            return True

        self._arm(names, strike, after=after)
        await self.until(self._is_up_or_over, "that it is up")
        if not await self._ends(LONGEST, nudge):
            self.bot.board.disarm()
            self.gate.arm(1, strike, after=after)
            assert await self._ends(PATIENCE, nudge), self.bot.last_words()
        self.gate.disarm()
        if not where:
            words = self.bot.last_words()
            assert DIED in words[-400:], f"it ended by itself\n{words}"
            where = f"{'after' if after else 'before'} commit {self.bot.last_commit()}"
        self.struck[where] += 1
        return where

    def _arm(self, names: Sequence[str], strike: Callable[[str], bool], *, after: bool) -> None:
        draw = self.random
        match draw.choice(("commit", "exchange", *(("named",) * 3 if names else ()))):
            case "commit":
                self.bot.board.arm(draw.randint(1, 50), after=after)
            case "exchange":
                self.gate.arm(draw.randint(5, 80), strike, after=after)
            case "named":
                name, number = draw.choice(list(names)), draw.choice((1, 1, 2, 3))
                self.gate.arm_at(name, strike, after=after, number=number)

    async def _ends(self, seconds: float, nudge: float) -> bool:
        """Wait so many real seconds for the program to end; tell whether it did."""
        end = REAL_MONOTONIC() + seconds
        while REAL_MONOTONIC() < end:
            try:
                async with asyncio.timeout(NUDGED_EVERY):
                    await self.bot.ended.wait()
            except TimeoutError:
                self.jump(nudge)
            else:
                return True
        return False

    # --- waiting ----------------------------------------------------------------------------

    async def until(
        self, holds: Callable[[], Awaitable[object]], what: str, *, nudge: float = 0.0
    ) -> None:
        """Wait until something holds; `nudge` lets time pass meanwhile, so much in each jump."""
        end, nudged = REAL_MONOTONIC() + PATIENCE, self.calendar.pace.monotonic()
        while not await holds():
            if REAL_MONOTONIC() > end:
                raise AssertionError(f"{what} did not happen\n{self.bot.last_words()}")
            if nudge and self.calendar.pace.monotonic() - nudged > NUDGED_EVERY:
                nudged = self.calendar.pace.monotonic()
                self.jump(nudge)
            await asyncio.sleep(LOOK)

    async def one(self, query: sa.Select) -> object:
        async with self.engine.connect() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def rows(self, query: sa.Select) -> list:
        async with self.engine.connect() as connection:
            return list((await connection.execute(query)).all())

    async def state(self) -> str:
        return str(await self.one(sa.select(events.c.state)))

    async def due(self) -> float:
        return float(await self.one(sa.select(events.c.due)))

    async def comes_to(self, state: str, *, nudge: float = 0.0) -> None:
        """Wait until the challenge is in a state."""

        async def there() -> bool:
            return await self.state() == state

        await self.until(there, f"that it is {state}", nudge=nudge)

    async def is_posted(self) -> bool:
        """Tell whether everything that is due is posted."""
        waiting = sa.select(sa.func.count()).where(
            event_posts.c.state == "intended",
            sa.or_(event_posts.c.key != "remind", event_posts.c.due <= self.calendar.unix()),
        )
        return await self.one(waiting) == 0

    async def is_quiet(self) -> bool:
        """Tell whether the program has closed everything it wrote down."""
        query = sa.select(sa.func.count()).where(requests.c.state.not_in(FINAL_STATES))
        return await self.one(query) == 0

    async def _is_up_or_over(self) -> bool:
        return self.bot.ended.is_set() or await self.is_up()

    async def is_up(self) -> bool:
        """Tell whether the program is there and hears Discord."""
        live = self.plugs["discord"].server.live
        sockets = [one for one in live.sessions.values() if one.socket is not None]
        return self.bot.pid is not None and bool(sockets)


class Server(DiscordPlug):
    """A server with a channel for the challenge beside the one for pictures."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__(clock)
        [guild] = self.world.guilds.values()
        self.wall = self.world.channel(guild, "challenge")

    async def answers(self, said: str) -> list[Answer]:
        """Return the answers in the channel, and those that only the one who asked may read."""
        direct = [one for one in self.world.channels.values() if one["type"] == DIRECT]
        told = [message for one in direct for message in self.world.in_channel(one)]
        mine = [one for one in told if one.get("nonce", "").rpartition("-")[0] == said]
        return await super().answers(said) + [self._seen(one) for one in mine]


def platforms(clock: Callable[[], float]) -> dict[str, Plug]:
    """Return the four chat platforms, each with a place for the challenge."""
    lemmy, reddit = LemmyPlug(clock), RedditPlug(clock)
    for name in (WALL, SHOWCASE):
        lemmy.world.community(name)
    reddit.world.subreddit(WALL)
    mastodon = MastodonPlug(clock)
    mastodon.server.routes.heartbeat = 20.0
    discord = Server(clock)
    discord.server.interactions.first_response = 300.0  # a slow machine is not what is tested
    return {"discord": discord, "mastodon": mastodon, "lemmy": lemmy, "reddit": reddit}


def sections(plugs: dict[str, Plug]) -> dict[str, dict]:
    """Return the accounts of the configuration, which look for news every four seconds."""
    slow = {
        "lemmy": {"poll_seconds": 4},
        "reddit": {"poll_seconds": 4},
        "mastodon": {"poll_seconds": 4, "catch_up_seconds": 30},
    }
    return {
        name: {"platform": name, **plug.section(), **slow.get(name, {})}
        for name, plug in plugs.items()
    }


def configured(folder: Path, database: str, horde: FakeHorde, plugs: dict[str, Plug]) -> dict:
    port = spare()
    return {
        "data_dir": str(folder / "data"),
        "database": database,
        "run": list(ALSO),
        "horde": {"endpoints": [{"name": "fake", "url": horde.url, "key": "key-of-the-bot"}]},
        "kudos": {"horde": "fake"},
        "reference": {"url": None},
        "civitai": {"url": None},
        "accounts": sections(plugs),
        "web": {
            "port": port,
            "public_url": f"http://127.0.0.1:{port}",
            "requests_per_address": 1_000_000,
        },
        "events": {"pause_seconds": 5},
        "showcase": [{"account": "lemmy", "to": SHOWCASE}],
        "defaults": {
            "enabled": True,
            "running_per_person": 1000,
            "requests_per_hour": 1_000_000,
        },
    }


@asynccontextmanager
async def opened(pace: Pace, folder: Path, database: str, seed: int) -> AsyncIterator[Fair]:
    """Build a world and take it down."""
    calendar, gate = Calendar(pace), Gate()
    engine = create_async_engine(database)
    nursery = Nursery(folder, pace, *IMPORTED)
    async with AsyncExitStack() as stack:
        stack.enter_context(gate.before_all_servers())
        horde = await stack.enter_async_context(FakeHorde(clock=calendar.steady))
        plugs = platforms(calendar.unix)
        for plug in plugs.values():
            await stack.enter_async_context(plug)
        config = configured(folder, database, horde, plugs)
        fair = Fair(
            folder, calendar, horde, plugs, gate, engine, nursery, config, random.Random(seed)
        )
        try:
            yield fair
        finally:
            if fair.bot.pid is not None:
                await fair.bot.kill()
            nursery.close()
            await engine.dispose()


def code_in(text: str) -> str | None:
    """Return the code by which a post of an event is known."""
    found = re.search(r"\(([2-9a-hjkmnp-z]{8}-\d+)\)", text.replace("\\", ""))
    return None if found is None else found[1]
