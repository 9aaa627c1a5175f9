"""The program around one adapter, to be started, ended and killed at will."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import aiohttp

from bots.assembly.accounts import ADAPTERS
from bots.assembly.core import Core, assemble
from bots.assembly.endpoints import open_hordes
from bots.assembly.knowledge import open_knowledge
from common.config import Config, parse
from common.database import open_database
from common.running.tasks import cancel
from request.kept.records import RequestState
from tests.component.accounts import QUICK
from tests.component.adapters.plug import Plug
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until, wait_while

LONGEST_PAUSE = 0.05
"""Seconds that are waited where the program would wait longer before it posts again."""


@cache
def adapter_called(name: str) -> Any:
    """Return the adapter's class, found as the program finds it."""
    (entry,) = [one for one in entry_points(group=ADAPTERS) if one.name == name]
    return entry.load()


async def wait_briefly(seconds: float) -> None:
    await asyncio.sleep(min(seconds, LONGEST_PAUSE))


@dataclass
class Bot:
    """Serves the plug's platform. Its folder survives; `settings` are `defaults` of the file."""

    plug: Plug
    horde: FakeHorde
    folder: Path
    settings: dict[str, Any] = field(default_factory=dict)
    core: Core | None = None
    adapter: Any = None
    _stack: AsyncExitStack | None = None
    _stop: asyncio.Event = field(default_factory=asyncio.Event)
    _task: asyncio.Task[None] | None = None

    def config(self) -> Config:
        return parse(
            {
                "data_dir": str(self.folder),
                "instance": "one",
                "horde": {
                    "endpoints": [{"name": "fake", "url": self.horde.url, "webhook": "loopback"}]
                },
                "reference": {"url": None},
                "civitai": {"url": None},
                "web": {"port": 0},
                "defaults": {"running_per_person": 50, "enabled": True, **self.settings},
            }
        )

    async def start(self) -> None:
        config = self.config()
        self._stack = stack = AsyncExitStack()
        database = await open_database(config.database_url)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        knowledge = await stack.enter_async_context(open_knowledge(config, self.folder, session))
        hordes = await stack.enter_async_context(open_hordes(config, session, look=QUICK.look))
        self.core = core = assemble(
            config, database, knowledge, hordes, patience=QUICK, sleep=wait_briefly
        )
        section = self.plug.section()
        self.adapter = await adapter_called(self.plug.name).build(
            self.plug.name, section, core.services
        )
        stack.push_async_callback(self.adapter.close)
        self._stop = asyncio.Event()
        self._task = asyncio.create_task(core.runner(self.adapter).run(self._stop))
        await self.plug.attached(self.adapter)

    async def stop(self) -> None:
        """End in good order."""
        self._stop.set()
        if self._task is not None:
            await self._task
        await self._close()

    async def kill(self) -> None:
        """End in the middle of whatever is done."""
        if self._task is not None:
            await cancel(self._task)
        await self._close()

    async def _close(self) -> None:
        if self._stack is not None:
            await self._stack.aclose()
        self._stack = self._task = None

    async def submitted(self, count: int = 1) -> None:
        """Wait until so many jobs have reached the Horde."""
        await self._asked("submit", count)

    async def given_up(self, count: int = 1) -> None:
        """Wait until so many jobs have been taken back from the Horde."""
        await self._asked("cancel", count)

    async def _asked(self, route: str, count: int) -> None:
        await wait_until(lambda: self.horde.journal.count(route) >= count)

    async def settled(self) -> None:
        """Wait until nothing is left to be answered."""
        assert self.core is not None
        await wait_while(lambda: self.core.store.open_requests(self.plug.name))

    async def ready_to_reply(self) -> None:
        """Wait until the pictures are there and only the post is left."""
        assert self.core is not None
        store = self.core.store
        async with asyncio.timeout(30):
            while True:
                rows = [
                    await store.request(one) for one in await store.open_requests(self.plug.name)
                ]
                if rows and all(row.state is RequestState.REPLYING for row in rows):
                    return
                await asyncio.sleep(0.02)
