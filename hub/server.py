"""The embedded Horde: `start` it with its configuration and a folder, `close` it when done.

    POST generate/async ─rules→ queue (SQLite) ─POST generate/pop→ worker ─PUT→ pictures
        ─POST generate/submit→ done ─GET generate/status→ signed address

Alchemy goes the same way, by the endpoints of `interrogate`.

State is in `hub.sqlite`, so that a crash loses nothing: what waited waits, what a worker had
comes back after its ttl, or as soon as that worker is started again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random, SystemRandom

from aiohttp import web

from common.config import HubConfig
from common.database import open_database
from common.reference.models import ModelReference
from common.running.serving import address_of, answer
from common.running.tasks import cancel
from hub.callers import accounts, users
from hub.callers.limits import Limiter
from hub.context import HUB, Hub
from hub.pictures import shelf
from hub.pictures.folder import prepare_folder
from hub.routes import alchemy, client, picture, status, worker
from hub.routes.exchange import MOST_BODY_BYTES, answer_errors
from hub.sweep import keep_sweeping, sweep
from hub.webhook import Webhooks

MIGRATIONS = Path(__file__).parent / "migrations"
SHUTDOWN_SECONDS = 2.0


@dataclass(slots=True)
class RunningHub:
    """A hub that listens."""

    hub: Hub
    port: int
    _stack: AsyncExitStack

    @property
    def url(self) -> str:
        """Where its API is on this machine, without the /v2, as clients and workers take it."""
        return f"{self.hub.address}/api"

    async def sweep(self) -> None:
        """Do now what the clock asks for; it is done every second anyway."""
        await sweep(self.hub)

    async def close(self) -> None:
        """Stop listening and sweeping, and close the database."""
        await self._stack.aclose()


async def start(
    config: HubConfig,
    data_dir: Path,
    *,
    clock: Callable[[], float] = time.time,
    rng: Random | None = None,
) -> RunningHub:
    """Open the database and the folder, listen, and start the clockwork.

    Raises ConfigError for users that cannot be told apart, StartupError for a port or folder
    that cannot be used, StoreError for a database that cannot be opened.
    """
    users.check(config.users)
    async with AsyncExitStack() as stack:
        hub = await _build(config, data_dir, clock, rng or SystemRandom(), stack)
        port = await _listen(hub, stack)
        task = asyncio.create_task(keep_sweeping(hub), name="hub sweep")
        stack.push_async_callback(cancel, task)
        return RunningHub(hub, port, stack.pop_all())


async def _build(
    config: HubConfig,
    data_dir: Path,
    clock: Callable[[], float],
    rng: Random,
    stack: AsyncExitStack,
) -> Hub:
    folder, signer = await asyncio.to_thread(prepare_folder, data_dir)
    file = data_dir / "hub.sqlite"
    database = await open_database(f"sqlite:///{file}", migrations=MIGRATIONS)
    stack.push_async_callback(database.close)
    webhooks = await Webhooks.open()
    stack.push_async_callback(webhooks.close)
    ids = await accounts.users_known(database, [user.name for user in config.users], clock())
    files = await asyncio.to_thread(folder.names)
    await shelf.pictures_adopted(database, files, clock())
    limits = ((config.requests_per_second, 1, "second"), (config.requests_per_minute, 60, "minute"))
    return Hub(
        config=config,
        database=database,
        users=users.Users(config.users, ids, anonymous=config.anonymous),
        reference=ModelReference.bundled(),
        pictures=folder,
        signer=signer,
        limiter=Limiter(limits, clock),
        webhooks=webhooks,
        clock=clock,
        rng=rng,
    )


async def _listen(hub: Hub, stack: AsyncExitStack) -> int:
    """Bind the port and return its number. Raises StartupError if that cannot be done."""
    config = hub.config
    app = web.Application(middlewares=[answer_errors], client_max_size=MOST_BODY_BYTES)
    app[HUB] = hub
    for room in (client, worker, alchemy, status, picture):
        app.add_routes(room.routes)
    runner = await answer(app, config.host, config.port, setting="hub.port", grace=SHUTDOWN_SECONDS)
    stack.push_async_callback(runner.cleanup)
    hub.address = address_of(runner, config.host)
    return int(runner.addresses[0][1])
