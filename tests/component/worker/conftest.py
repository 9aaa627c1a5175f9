"""A worker at work for a fake hub, with everything it says collected."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest

from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from tests.component.worker.paint import PaintEngine
from tests.fakes.hub import KEY, FakeHub
from worker import events
from worker.events import WorkerEvent
from worker.process import run
from worker.timing import Timing

QUICK = Timing(
    idle=(0.01, 0.02),
    retry=(0.02, 0.05),
    maintenance=0.05,
    pause=(0.05, 0.1),
    finish=0.2,
    deliver=30.0,
    engine_grace=30.0,
    tend=0.02,
    look=0.02,
    random=Random(1),
)


@dataclass
class Shop:
    """A worker and its hub. `open` starts the worker; leaving the test stops it."""

    hub: FakeHub
    engine: PaintEngine | None
    others: tuple[PaintEngine, ...] = ()
    """Engines of further devices."""
    stop: asyncio.Event = field(default_factory=asyncio.Event)
    drain: asyncio.Event = field(default_factory=asyncio.Event)
    events: list[WorkerEvent] = field(default_factory=list)
    running: asyncio.Task[None] | None = None
    civitai: CivitaiConfig = field(default_factory=lambda: CivitaiConfig(url=None))
    reference: ReferenceConfig = field(default_factory=lambda: ReferenceConfig(url=None))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    def open(self, *, timing: Timing = QUICK, **settings: Any) -> None:
        """Start it with these settings; without an engine of ours, with that of the settings."""
        if "endpoints" not in settings:
            settings = {"url": self.hub.url, "key": KEY, **settings}
        config = WorkerConfig.model_validate({"name": "paint shop", **settings})
        work = run(
            config,
            self.civitai,
            self.reference,
            engines=tuple(each for each in (self.engine, *self.others) if each is not None),
            stop=self.stop,
            drain=self.drain,
            report=self._note,
            timing=timing,
            started=1_700_000_000.5,
        )
        self.running = asyncio.create_task(work)

    async def close(self, seconds: float = 30.0) -> None:
        """Ask the worker to stop and wait until it has; raises what it raised."""
        for engine in (self.engine, *self.others):
            engine.release()
        await self.stop_and_wait(seconds)

    async def stop_and_wait(self, seconds: float = 30.0) -> None:
        self.stop.set()
        self.drain.set()
        await self.ended(seconds)

    async def ended(self, seconds: float = 30.0) -> None:
        """Wait until the worker has ended, if it was opened; raises what it raised."""
        if self.running is not None:
            running, self.running = self.running, None
            await asyncio.wait_for(running, seconds)

    async def until(self, happened: Callable[[], bool], seconds: float = 30.0) -> None:
        """Wait until something is true, looked at after each event of the worker."""
        async with asyncio.timeout(seconds):
            while not happened():
                self._changed.clear()
                await self._changed.wait()

    def said(self, kind: type[WorkerEvent]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def delivered(self, *ids: str) -> list[events.Submitted]:
        """Wait until these pictures are with the hub and the worker knows it."""
        wanted = set(ids)
        await self.until(lambda: wanted <= {event.id for event in self.said(events.Submitted)})
        return [event for event in self.said(events.Submitted) if event.id in wanted]

    def _note(self, event: WorkerEvent) -> None:
        self.events.append(event)
        self._changed.set()


@pytest.fixture
async def hub():
    async with FakeHub() as hub:
        yield hub


@pytest.fixture
def engine():
    return PaintEngine()


@pytest.fixture
async def shop(hub, engine):
    shop = Shop(hub, engine)
    yield shop
    await shop.close()
