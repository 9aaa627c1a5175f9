"""Serving one account: hold its lease, catch up on what was left, listen, answer.

Every request is a task of its own; what one of them does never stops another.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from common.errors import LeaseLost
from common.model import IncomingKind
from common.tasks import cancel
from request.adapter import Adapter
from request.leases import RENEWED_EVERY, Lease, Leases
from request.service import Service
from request.store import Store

log = structlog.get_logger()

STANDBY = 5.0
"""Seconds between two tries to take a lease that another instance holds."""
FINISHING = 20.0
"""Seconds that posts in progress get when the program ends."""


class Runner:
    """Serves one account through its adapter, until told to stop."""

    def __init__(
        self,
        adapter: Adapter,
        *,
        service: Service,
        store: Store,
        leases: Leases,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._adapter = adapter
        self._service = service
        self._store = store
        self._leases = leases
        self._sleep = sleep

    async def run(self, stop: asyncio.Event) -> None:
        """Serve the account whenever the lease is ours, until `stop` is set."""
        while not stop.is_set():
            lease = await self._leases.take(self._adapter.name)
            if lease is None:
                await _first(self._sleep(STANDBY), stop.wait())
                continue
            try:
                await self._serve(lease, stop)
            except LeaseLost as error:
                log.warning("lease_lost", account=self._adapter.name, reason=str(error))
            else:
                await self._leases.release(lease)

    async def _serve(self, lease: Lease, stop: asyncio.Event) -> None:
        """Answer what was left open and what comes in. Raises LeaseLost."""
        renewing = asyncio.create_task(self._renew(lease))
        listening = asyncio.create_task(self._listen(lease))
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({renewing, listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (renewing, listening):
                if task.done():
                    task.result()
        finally:
            await cancel(listening, stopping)
            await self._finish_posts()
            await cancel(renewing)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await self._sleep(RENEWED_EVERY)
            await self._leases.renew(lease)

    async def _listen(self, lease: Lease) -> None:
        for request_id in await self._store.open_requests(lease.name):
            self._start(lease, request_id)
        async for incoming in self._adapter.listen():
            if incoming.kind is IncomingKind.DELETION:
                await self._service.forget_event(lease, incoming)
                continue
            heard = await self._service.receive(lease, incoming)
            if heard is not None:
                self._start(lease, heard)

    def _start(self, lease: Lease, request_id: str) -> None:
        task = asyncio.create_task(self._answer(lease, request_id), name=f"request-{request_id}")
        running = self._service.running
        running[request_id] = task
        task.add_done_callback(lambda _task: running.pop(request_id, None))

    async def _answer(self, lease: Lease, request_id: str) -> None:
        try:
            await self._service.answer(lease, request_id, self._adapter)
        except LeaseLost:
            log.info("request_left_to_new_owner", request=request_id)
        except Exception:
            # the row stays open: it is tried again at the next start
            log.exception("request_left_open", request=request_id)

    async def _finish_posts(self) -> None:
        """Let answers that are being posted get out; leave all else for the next start."""
        running, replying = dict(self._service.running), self._service.replying
        posting = [task for request_id, task in running.items() if request_id in replying]
        await cancel(*(task for task in running.values() if task not in posting))
        if posting:
            await asyncio.wait(posting, timeout=FINISHING)
            await cancel(*posting)


async def _first(*awaitables: Awaitable[object]) -> None:
    tasks = [asyncio.ensure_future(awaitable) for awaitable in awaitables]
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await cancel(*tasks)
