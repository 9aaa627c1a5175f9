"""Serving one account: hold its lease, catch up on what was left, listen, answer.

Every request is a task of its own; what one of them does never stops another.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine
from functools import partial
from itertools import count

import structlog
from structlog.contextvars import bind_contextvars

from common.errors import (
    HordebotsError,
    LeaseLost,
    PlatformError,
    RequestEnded,
    StoreError,
    StoreRefused,
)
from common.model import Incoming, IncomingKind
from common.running.tasks import cancel, first
from request.adapter import Adapter
from request.kept.leases import RENEWED_EVERY, Lease, Leases
from request.kept.store import Store
from request.service import Service

log = structlog.get_logger()

STANDBY = 5.0
"""Seconds between two tries to take a lease that another instance holds."""
AGAIN_AFTER = (1.0, 5.0, 30.0, 120.0, 600.0, 1800.0, 3600.0)
"""Seconds until a request that met an unforeseen error is taken up again; the last for ever."""
PRUNED_EVERY = 3600.0
SWEPT_EVERY = 30.0
"""Seconds between two looks for requests that were put back, and for jobs to delete."""
SHOWN_EVERY = 10.0
"""Seconds between two looks for what is to be posted in a showcase, or taken down there."""
FINISHING = 20.0
"""Seconds that posts and withdrawals in progress get when the program ends."""
WITHDRAWING = "withdraw-"


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
        now: Callable[[], float] = time.time,
    ) -> None:
        self._adapter = adapter
        self.name = adapter.name
        self._service = service
        self._store = store
        self._leases = leases
        self._sleep = sleep
        self._now = now
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self.lease: Lease | None = None
        """The lease, while it is ours."""
        self.listening = False
        self.problem = ""
        """Why the platform could not be listened to just now; "" if that is not known of."""
        self.heard_at: float | None = None
        """Unix time of the last thing heard; None: nothing since the start."""

    async def run(self, stop: asyncio.Event) -> None:
        """Serve the account whenever the lease is ours, until `stop` is set."""
        bind_contextvars(account=self._adapter.name)
        while not stop.is_set():
            try:
                lease = await self._leases.take(self._adapter.name)
                if lease is not None:
                    self.lease = lease
                    await self._serve(lease, stop)
                    await self._leases.release(lease)
            except LeaseLost as error:
                log.warning("lease_lost", reason=str(error))
            except Exception as error:  # a locked database, a platform's stream: it is taken up
                log.exception("account_interrupted")
                told = isinstance(error, HordebotsError)  # others may say more than they should
                self.problem = str(error) if told else type(error).__name__
            finally:
                self.lease = None
            if not stop.is_set():
                await first(self._sleep(STANDBY), stop.wait())

    async def _serve(self, lease: Lease, stop: asyncio.Event) -> None:
        """Answer what was left open and what comes in. Raises LeaseLost."""
        renewing = asyncio.create_task(self._renew(lease))
        listening = asyncio.create_task(self._listen(lease))
        minding = [
            asyncio.create_task(work(lease)) for work in (self._prune, self._sweep, self._show)
        ]
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({renewing, listening, stopping}, return_when=asyncio.FIRST_COMPLETED)
            for task in (renewing, listening):
                if task.done():
                    task.result()
        finally:
            self.listening = False
            await cancel(listening, stopping, *minding)
            await self._wind_up()
            await cancel(renewing)

    async def _renew(self, lease: Lease) -> None:
        while True:
            await self._sleep(RENEWED_EVERY)
            try:
                await self._leases.renew(lease)
            except LeaseLost:
                raise
            except StoreError as error:
                if not self._leases.outlives(lease, RENEWED_EVERY):
                    raise
                log.warning("lease_not_renewed", error=str(error))

    async def _prune(self, lease: Lease) -> None:
        """Delete now and then what is old; failing is for the next time."""
        while True:
            try:
                await self._service.prune(lease, self._adapter)
            except Exception:
                log.exception("not_pruned")
            await self._sleep(PRUNED_EVERY)

    async def _sweep(self, lease: Lease) -> None:
        """Take up what was put back, and delete on the Hordes what they were not told of."""
        while True:
            try:
                await self._service.tidy(lease)
                await self.take_up(lease)
            except Exception:
                log.exception("not_swept")
            await self._sleep(SWEPT_EVERY)

    async def _show(self, lease: Lease) -> None:
        """Post in the showcase what is due there from this account, and take down what is.

        A room above does what is due of its own.
        """
        while True:
            for serve in (self._service.showcase.serve, self._service.extension.serve):
                try:
                    await serve(lease, self._adapter)
                except Exception:
                    log.exception("not_shown")
            await self._sleep(SHOWN_EVERY)

    async def take_up(self, lease: Lease) -> None:
        """Start all open requests that are not at work here; see `request/intake.py`."""
        for request_id, person in (await self._store.open_askers(lease.name)).items():
            self._start(lease, request_id, left_by=f"{lease.name} {person}")

    async def _listen(self, lease: Lease) -> None:
        await self.take_up(lease)
        self.listening, self.problem = True, ""
        async for incoming in self._adapter.listen():
            self.heard_at = self._now()
            try:
                if incoming.kind is IncomingKind.DELETION:
                    await self._take_back(lease, incoming)
                    continue
                heard = await self._service.receive(lease, incoming)
            # what cannot be written down would come again for ever
            except (ValueError, StoreRefused):
                log.exception("event_unusable", heard=incoming.event)
                continue
            if heard is not None:
                self._start(lease, heard)

    def _start(self, lease: Lease, request_id: str, *, left_by: str | None = None) -> None:
        if request_id in self._tasks:
            return
        task = self._keep(request_id, self._answer(lease, request_id, left_by))
        self._service.at_work.running[request_id] = task

    def _keep(self, key: str, work: Coroutine[None, None, None]) -> asyncio.Task[None]:
        task = self._tasks[key] = asyncio.create_task(work, name=f"request-{key}")
        task.add_done_callback(partial(self._let_go, key))
        return task

    def _let_go(self, key: str, _task: asyncio.Task[None]) -> None:
        self._tasks.pop(key, None)
        self._service.at_work.running.pop(key, None)

    async def _take_back(self, lease: Lease, incoming: Incoming) -> None:
        """Write a deletion down before the next thing is heard; what follows from it takes time."""
        request_id = await self._service.withdrawal.close_event(lease, incoming)
        await self._service.showcase.original_deleted(lease, incoming)
        if request_id is not None:
            self._keep(f"{WITHDRAWING}{request_id}", self._abandon(lease, request_id))
            return
        answered = await self._store.request_of_event(incoming)
        key = f"{WITHDRAWING}{answered}"
        if answered is not None and key not in self._tasks:  # deletions may be told of twice
            self._keep(key, self._take_answer_back(lease, answered))

    async def _abandon(self, lease: Lease, request_id: str) -> None:
        bind_contextvars(request=request_id)
        try:
            await self._service.withdrawal.abandon(lease, request_id, self._adapter)
        except Exception:  # the sweep makes good for it
            log.exception("not_abandoned")

    async def _take_answer_back(self, lease: Lease, request_id: str) -> None:
        """Let an answer follow what was asked; one that is getting out goes when it is there."""
        bind_contextvars(request=request_id)
        if (answering := self._tasks.get(request_id)) is not None:
            await asyncio.wait([answering])
        try:
            await self._service.commands.answer_deleted(lease, request_id, self._adapter)
        except Exception:  # it can still be taken back by word
            log.exception("answer_not_taken_back")

    async def _answer(self, lease: Lease, request_id: str, left_by: str | None) -> None:
        bind_contextvars(request=request_id)  # for all lines of this task and of those it starts
        intake = self._service.at_work.intake
        if left_by is not None:
            await intake.enter(request_id, left_by)
        for attempt in count():
            try:
                await self._service.answer(lease, request_id, self._adapter)
            except LeaseLost:
                log.info("request_left_to_new_owner")
                return
            except RequestEnded:
                log.info("request_ended_meanwhile")
                return
            except PlatformError as error:  # what it stands for is known, and it may pass
                log.warning("request_interrupted", error=str(error))
            except Exception:
                log.exception("request_interrupted")
            else:
                return
            finally:
                intake.leave(request_id)
            if not self.listening:  # the account is wound up: it goes on at the next start
                return
            await self._sleep(AGAIN_AFTER[min(attempt, len(AGAIN_AFTER) - 1)])

    async def _wind_up(self) -> None:
        """Let answers that are being posted get out; leave all else for the next start."""
        running = dict(self._tasks)
        finishing = {
            task
            for key, task in running.items()
            if key.startswith(WITHDRAWING) or self._service.finishes(key)
        }
        log.info("winding_up", finishing=len(finishing), left=len(running) - len(finishing))
        for task in set(running.values()) - finishing:
            task.cancel()  # a submission on its way is waited for, so that it is not made twice
        if running:
            _, late = await asyncio.wait(running.values(), timeout=FINISHING)
            if late:
                log.warning("ended_in_the_middle", requests=[task.get_name() for task in late])
            await cancel(*late)
