"""A Horde, clients of it that lose no time, and clocks that obey."""

from __future__ import annotations

import asyncio
import contextlib
import heapq

import pytest
from pydantic import SecretStr

from common.horde.client import HordeClient
from common.horde.poller import Poller
from common.horde.transport import Patience
from common.horde.wire import generation_body
from common.model import Job
from tests.fakes.clock import Clock
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until

KEY = "key-of-the-bot"
QUICK = Patience(connect=30, total=30, attempts=3, first_pause=0.001, longest_pause=0.002)
ONCE = Patience(connect=30, total=30, attempts=1)


class SleptClock(Clock):
    """Time that passes only while somebody sleeps on it: sleeping takes no real time."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        await asyncio.sleep(0.001)
        self.now = max(self.now, until)


class HandClock(Clock):
    """Time that passes only by `advance`, which wakes those who slept on it."""

    def __init__(self) -> None:
        super().__init__(0.0)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._count = 0

    async def sleep(self, seconds: float) -> None:
        woken = asyncio.get_running_loop().create_future()
        self._count += 1
        heapq.heappush(self._sleepers, (self.now + seconds, self._count, woken))
        await woken

    async def asleep(self) -> None:
        """Wait until somebody sleeps."""
        await wait_until(lambda: any(not woken.done() for _, _, woken in self._sleepers))

    def advance(self, seconds: float) -> None:
        super().advance(seconds)
        while self._sleepers and self._sleepers[0][0] <= self.now:
            _, _, woken = heapq.heappop(self._sleepers)
            if not woken.done():
                woken.set_result(None)


def body(n: int = 1, **traits):
    """Return a small request."""
    return generation_body(
        Job(style="raw", prompt="a fox", model="stable_diffusion", n=n, **traits)
    )


@contextlib.asynccontextmanager
async def running(poller: Poller):
    """Run a poller for as long as the block."""
    task = asyncio.create_task(poller.run())
    try:
        yield poller
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


@pytest.fixture
def clock():
    return SleptClock()


@pytest.fixture
def hand_clock():
    return HandClock()


@pytest.fixture
def client_of(session):
    """Build a client of a fake that loses no time."""

    def build(fake: FakeHorde, **options):
        options.setdefault("patience", QUICK)
        key = SecretStr(options.pop("key", KEY))
        return HordeClient(fake.url, key, session, name="fake", **options)

    return build


@pytest.fixture
def client(client_of, horde):
    return client_of(horde)
