"""The configured Hordes with their clients and running pollers; they may change while we run."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import aiohttp
import structlog

from bots.assembly.trust import keep_knowing
from common.config import Config, EndpointConfig
from common.horde.client import HordeClient
from common.horde.poller import Poller
from common.horde.schedule import SHORTEST
from common.horde.webhook import WebhookReceiver
from common.horde.wire import ANONYMOUS_KEY
from common.running.tasks import cancel
from request.horde.hordes import Endpoint, Hordes
from request.observer import Observer

log = structlog.get_logger()

AFTER_A_BREAK = 1.0
"""Seconds until a poller that broke runs again."""


@dataclass(frozen=True, slots=True)
class _Running:
    """An endpoint at work, with what has to be ended with it."""

    endpoint: Endpoint
    tasks: tuple[asyncio.Task[None], ...]
    receiver: WebhookReceiver | None

    async def close(self) -> None:
        await cancel(*self.tasks)
        if self.receiver is not None:
            await self.receiver.close()


class LiveHordes(Hordes):
    """The Hordes of this process, each with what it needs to be asked.

    Not `lasting`: for one request; our account there is not looked at. `look` is how many seconds
    are between two looks at a request at least.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        observer: Observer,
        *,
        lasting: bool = True,
        look: float = SHORTEST,
    ) -> None:
        super().__init__(())
        self._observer = observer
        self._session = session
        self._lasting = lasting
        self._look = look
        self._running: dict[EndpointConfig, _Running] = {}

    async def configure(self, entries: Sequence[EndpointConfig]) -> None:
        """Ask these from now on, in this order; one that has not changed goes on as it is.

        One that is left out gets no more jobs; what it has is watched to its end.
        """
        for entry in entries:
            if entry not in self._running:
                self._running[entry] = await self._start(entry)
        self.use([self._running[entry].endpoint for entry in entries])
        for entry in [entry for entry in self._running if entry not in entries]:
            if not len(self._running[entry].endpoint.poller):
                await self._running.pop(entry).close()

    async def close(self) -> None:
        """End all pollers and stop listening for wake-up calls."""
        while self._running:
            await self._running.popitem()[1].close()

    async def _start(self, entry: EndpointConfig) -> _Running:
        called = partial(self._observer.called, entry.name)
        client = HordeClient(entry.url, entry.key, self._session, name=entry.name, on_call=called)
        poller = Poller(client, shortest=self._look)
        webhook, receiver = await _open_webhook(entry, poller)
        polling = asyncio.create_task(_keep_polling(poller), name=f"poller-{entry.name}")
        endpoint = Endpoint(
            entry.name,
            client,
            poller,
            webhook,
            proxied=entry.proxied,
            r2=entry.r2,
            free=entry.free,
        )
        tasks = [polling]
        if self._lasting and entry.key.get_secret_value() != ANONYMOUS_KEY:
            knowing = keep_knowing(endpoint, self.failed)
            tasks.append(asyncio.create_task(knowing, name=f"account-{entry.name}"))
        return _Running(endpoint, tuple(tasks), receiver)


@asynccontextmanager
async def open_hordes(
    config: Config,
    session: aiohttp.ClientSession,
    observer: Observer | None = None,
    *,
    lasting: bool = True,
    look: float = SHORTEST,
) -> AsyncIterator[LiveHordes]:
    """Make a client and a running poller for each endpoint, and take their wake-up calls."""
    hordes = LiveHordes(session, observer or Observer(), lasting=lasting, look=look)
    try:
        await hordes.configure(config.horde.endpoints)
        yield hordes
    finally:
        await hordes.close()


async def _open_webhook(
    entry: EndpointConfig, poller: Poller
) -> tuple[str | None, WebhookReceiver | None]:
    """Listen for a Horde's wake-up calls; return the address it is given, a secret."""
    if entry.webhook is None:
        return None, None
    receiver = WebhookReceiver(poller.wake)
    if entry.webhook == "loopback":
        return await receiver.start("127.0.0.1"), receiver
    host, _, port = entry.listen.rpartition(":")
    await receiver.start(host.strip("[]"), int(port))
    return f"{entry.webhook.rstrip('/')}/{receiver.token}", receiver


async def _keep_polling(poller: Poller) -> None:
    """Run a poller for ever: what hangs on it is every request of this process."""
    while True:
        try:
            await poller.run()
        except Exception:
            log.exception("poller_broken")
            await asyncio.sleep(AFTER_A_BREAK)
