"""One poller for everything in flight on a Horde: it looks when looking is worth it.

A heap holds the time of the next look at each request; there is no task per request, only one
for each of the few looks under way. `check` is asked until a request is over, then `status` once.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from functools import partial
from random import random as any_number

import structlog

from common.errors import HordeBusy, HordeError, HordeGone
from common.horde.client import HordeClient
from common.horde.schedule import SHORTEST, after_failure, is_soon, next_look
from common.horde.wire import Check, Status
from common.running.tasks import first

log = structlog.get_logger()

LOOKS_AT_ONCE = 16
WOKEN = 0.15
"""Seconds between two looks at a request that was called out; the server allows ten a second."""
STRANDED = 15.0
"""Seconds after which a request of which nothing waits or is in the making is given up; for a
moment it may look so while a worker takes it."""
KEPT = 1.1
"""Seconds for which a server may repeat the answer of a `check`. Who calls within them is believed
to have news, and `status` is asked, which is never repeated."""
EARLY_STATUSES = 4
"""How often that is done for one request: the server allows ten in a minute."""
SIGNS_OF_TROUBLE = 3
"""So many different requests must fail in a row before the server itself is suspected."""


@dataclass(slots=True, eq=False)
class _Watch:
    """A request somebody waits for."""

    horde_id: str
    ended: asyncio.Future[Status]
    hooks: list[Callable[[Check], None]]
    begun: float
    due: float = 0.0
    """Time of the next look; entries of the heap with another time are stale."""
    looked: float = float("-inf")
    under_way: bool = False
    woken: bool = False
    """Asked to look again while a look was under way."""
    called_out: bool = False
    """Since the last look somebody said that there is news."""
    early_statuses: int = 0
    over: bool = False
    """`check` said so; only `status` is missing."""
    failures: int = 0
    context: Context = field(default_factory=copy_context)
    """Of whoever waits, so that what is logged of a look says for which request."""
    soon_since: float | None = None
    """Since when every answer has said that it is over in a moment."""
    stranded_since: float | None = None
    """Since when nothing of it has waited or been in the making."""


class Poller:
    """Watches requests on one Horde. Start `run` as a task; it ends only when cancelled.

    `on_trouble` hears the error when the server stops answering, and None when it is back;
    until then it is probed with one look at a time, ever more rarely (30 s at most). `shortest` is
    how many seconds are between two looks at a request at least.
    """

    def __init__(
        self,
        client: HordeClient,
        *,
        shortest: float = SHORTEST,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = any_number,
        on_trouble: Callable[[HordeError | None], None] | None = None,
    ) -> None:
        self._client = client
        self._shortest = shortest
        self._monotonic = monotonic
        self._sleep = sleep
        self._random = random
        self.on_trouble = on_trouble
        self._watches: dict[str, _Watch] = {}
        self._heap: list[tuple[float, int, _Watch]] = []
        self._entries = 0
        self._under_way = 0
        self._changed = asyncio.Event()
        self._failing: set[str] = set()
        self._rounds = 0
        """Probes that failed since the trouble began; 0 means no trouble."""
        self._quiet_until = float("-inf")

    def __len__(self) -> int:
        """Return how many requests are watched."""
        return len(self._watches)

    def watch(
        self, horde_id: str, on_check: Callable[[Check], None] | None = None
    ) -> asyncio.Future[Status]:
        """Return what will be the final status: done or faulted (test `faulted` first).

        The future raises HordeGone if the server does not know the request (any more) or has left
        it lying; after any other error it is asked again. Cancelling the future forgets the
        request. `on_check` hears every answer. Watching an id that is watched already joins that
        watch.
        """
        watch = self._watches.get(horde_id)
        if watch is None:
            now = self._monotonic()
            ended: asyncio.Future[Status] = asyncio.get_running_loop().create_future()
            watch = _Watch(horde_id, ended, [], begun=now)
            self._watches[horde_id] = watch
            ended.add_done_callback(partial(self._drop, watch), context=watch.context)
            self._plan(watch, next_look(None, shortest=self._shortest, random=self._random()))
        if on_check is not None:
            watch.hooks.append(on_check)
        return watch.ended

    def wake(self, horde_id: str) -> None:
        """Look at a request now (a webhook said that something happened). Unknown ids: nothing."""
        watch = self._watches.get(horde_id)
        if watch is None:
            return
        watch.called_out = True
        if watch.under_way:
            watch.woken = True
        else:
            self._plan(watch, self._soon(watch))

    def forget(self, horde_id: str) -> None:
        """Stop watching; whoever still waits for it is cancelled."""
        watch = self._watches.get(horde_id)
        if watch is not None:
            watch.ended.cancel()
            self._drop(watch, watch.ended)

    async def run(self) -> None:
        """Look at what is due, for ever."""
        async with asyncio.TaskGroup() as looks:
            while True:
                watch = await self._next_due()
                watch.under_way = True
                self._under_way += 1
                looks.create_task(self._look(watch), context=watch.context)

    # --- the heap ---------------------------------------------------------------------------

    def _plan(self, watch: _Watch, pause: float) -> None:
        watch.due = self._monotonic() + pause
        self._entries += 1
        heapq.heappush(self._heap, (watch.due, self._entries, watch))
        if self._heap[0][2] is watch:
            self._changed.set()

    def _drop(self, watch: _Watch, _ended: asyncio.Future[Status]) -> None:
        if self._watches.get(watch.horde_id) is watch:
            del self._watches[watch.horde_id]
            self._failing.discard(watch.horde_id)
        # its entry in the heap is stale now and falls out when its time comes

    async def _next_due(self) -> _Watch:
        """Wait until a request is due and a look may start; return it."""
        while True:
            self._changed.clear()
            if self._under_way >= (1 if self._rounds else LOOKS_AT_ONCE):
                await self._changed.wait()
                continue
            self._shed_stale()
            if not self._heap:
                await self._changed.wait()
                continue
            pause = max(self._heap[0][0], self._quiet_until) - self._monotonic()
            if pause <= 0:
                return heapq.heappop(self._heap)[2]
            await self._sleep_or_change(pause)

    def _shed_stale(self) -> None:
        while self._heap:
            due, _, watch = self._heap[0]
            if due == watch.due and not watch.under_way and not watch.ended.done():
                return
            heapq.heappop(self._heap)

    async def _sleep_or_change(self, seconds: float) -> None:
        await first(self._sleep(seconds), self._changed.wait())

    # --- one look ---------------------------------------------------------------------------

    async def _look(self, watch: _Watch) -> None:
        """Ask once after a request, and plan what comes next. Lets no error out."""
        try:
            pause = await self._ask(watch)
        except HordeGone as gone:
            self._answered(watch)
            self._end(watch, error=gone)
        except HordeError as trouble:
            pause = self._failed(watch, trouble)
        except Exception as bug:  # one request's misfortune must not stop the others
            log.exception("look_failed", horde_id=watch.horde_id)
            self._end(watch, error=bug)
        finally:
            watch.under_way = False
            watch.looked = self._monotonic()
            self._under_way -= 1
            self._changed.set()
        if not watch.ended.done():
            self._plan(watch, self._soon(watch) if watch.woken else pause)
            watch.woken = False

    async def _ask(self, watch: _Watch) -> float:
        """Ask for `check`, or for `status` when it is over; return the pause until the next."""
        if not watch.over and not self._would_be_repeated(watch):
            check = await self._client.check(watch.horde_id)
            self._answered(watch)
            if not watch.ended.done():  # forgotten meanwhile
                self._tell(watch, check)
            watch.over = check.over or self._is_stranded(watch, check)
            if watch.over and check.stranded and not check.finished:
                raise HordeGone(horde=self._client.name)
            if not watch.over:
                return self._pause_after(watch, check)
        status = await self._client.status(watch.horde_id)
        self._answered(watch)
        if watch.over or status.over:
            self._end(watch, status=status)
        elif not watch.ended.done():
            self._tell(watch, status)
        return self._pause_after(watch, status)

    def _would_be_repeated(self, watch: _Watch) -> bool:
        """Tell whether `check` would say what it said a moment ago, though there is news."""
        called_out, watch.called_out = watch.called_out, False
        lately = self._monotonic() - watch.looked < KEPT
        if not (called_out and lately and watch.early_statuses < EARLY_STATUSES):
            return False
        watch.early_statuses += 1
        return True

    def _is_stranded(self, watch: _Watch, check: Check) -> bool:
        """Tell whether a request has been left lying for so long that nobody will make it."""
        if not check.stranded:
            watch.stranded_since = None
            return False
        now = self._monotonic()
        if watch.stranded_since is None:
            watch.stranded_since = now
        return now - watch.stranded_since >= STRANDED

    def _pause_after(self, watch: _Watch, check: Check) -> float:
        now = self._monotonic()
        if not is_soon(check):
            watch.soon_since = None
        elif watch.soon_since is None:
            watch.soon_since = now
        soon_for = 0.0 if watch.soon_since is None else now - watch.soon_since
        return next_look(
            check,
            elapsed=now - watch.begun,
            soon_for=soon_for,
            shortest=self._shortest,
            random=self._random(),
        )

    def _tell(self, watch: _Watch, check: Check) -> None:
        for hook in watch.hooks:
            try:
                hook(check)
            except Exception:  # the listener's fault is not the request's
                log.exception("on_check_failed", horde_id=watch.horde_id)

    def _end(
        self, watch: _Watch, *, status: Status | None = None, error: Exception | None = None
    ) -> None:
        if watch.ended.done():
            return
        if status is not None:
            watch.ended.set_result(status)
        elif error is not None:
            watch.ended.set_exception(error)

    def _soon(self, watch: _Watch) -> float:
        """Return the pause until a look out of turn: none, but never two looks at once."""
        return max(0.0, watch.looked + WOKEN - self._monotonic())

    # --- trouble ----------------------------------------------------------------------------

    def _answered(self, watch: _Watch) -> None:
        """Note that the server lives."""
        watch.failures = 0
        self._failing.clear()
        if self._rounds:
            self._rounds = 0
            self._quiet_until = float("-inf")
            self._report(None)

    def _failed(self, watch: _Watch, trouble: HordeError) -> float:
        """Note a failure; return the request's own pause, and keep quiet if it is the server's."""
        watch.failures += 1
        pause = after_failure(watch.failures, self._random(), trouble.retry_after)
        if isinstance(trouble, HordeBusy):
            return pause  # it answered
        self._failing.add(watch.horde_id)
        suspected = self._rounds or len(self._failing) >= min(SIGNS_OF_TROUBLE, len(self._watches))
        if suspected and self._monotonic() >= self._quiet_until:  # else it was under way before
            self._rounds += 1
            quiet = after_failure(self._rounds, self._random(), trouble.retry_after)
            self._quiet_until = self._monotonic() + quiet
            if self._rounds == 1:
                self._report(trouble)
        return pause

    def _report(self, trouble: HordeError | None) -> None:
        if trouble is None:
            log.info("horde_back", horde=self._client.name)
        else:
            log.warning(
                "horde_trouble",
                horde=self._client.name,
                error=str(trouble),
                rc=trouble.rc,
                answer=trouble.values.get("answer"),
            )
        if self.on_trouble is not None:
            self.on_trouble(trouble)
