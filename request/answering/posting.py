"""Posting an answer: parts in order, each exactly once.

Before a part is posted, the intention is written down; after, where it is. Found intended but
not posted (the process died in between), the platform is asked for it before it is posted again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

import structlog

from common.errors import PlatformBusy, PlatformError, PlatformRefused
from common.model import Outcome, Part
from request.adapter import Adapter
from request.answering import answers
from request.answering.polls import Polls
from request.kept.leases import Lease, Leases
from request.kept.records import RequestRow
from request.kept.store import Store
from request.observer import Observer

log = structlog.get_logger()

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 300.0
KEEP_TRYING = 24 * 3600.0
"""Seconds for which a platform that does not take an answer is asked again."""


class Posting:
    """Posts answers through adapters."""

    def __init__(
        self,
        store: Store,
        leases: Leases,
        polls: Polls,
        *,
        observer: Observer | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._store = store
        self._leases = leases
        self.polls = polls
        self._observer = observer or Observer()
        self._monotonic = monotonic
        self._sleep = sleep
        self.resting: set[str] = set()
        """Ids of the requests whose platform has refused a post and is asked again later."""

    async def post(
        self,
        lease: Lease,
        request: RequestRow,
        outcome: Outcome,
        adapter: Adapter,
        *,
        rests: Callable[[], None] = lambda: None,
    ) -> None:
        """Post all parts that are not there yet, and the poll under them.

        `rests` is called whenever the platform is to be asked again later. Raises PlatformRefused
        if a part never will be there.
        """
        before = await self._store.parts_before(request.id)
        for cut in answers.cut(outcome, adapter.capabilities):
            part = replace(cut, number=cut.number + before, total=cut.total + before)
            shown = [picture.number for picture in part.pictures]
            known = await self._store.post_intended(lease, request.id, part.number, shown)
            if known.posted:
                continue
            platform_id = await self._until_posted(
                lease, request, outcome, part, adapter, rests=rests
            )
            await self._store.posted(lease, request.id, part.number, platform_id)
        await self.polls.ask(lease, request, outcome, adapter)

    async def _until_posted(
        self,
        lease: Lease,
        request: RequestRow,
        outcome: Outcome,
        part: Part,
        adapter: Adapter,
        *,
        rests: Callable[[], None],
    ) -> str:
        limit = adapter.capabilities.reply_timeout
        known = await self._store.posts_of(request.id)
        started, pause = self._monotonic(), FIRST_PAUSE
        while True:
            try:
                # also right on the first try: another instance may have posted it just now
                async with asyncio.timeout(limit):
                    found = await adapter.find_own_reply(request.incoming, part.number, known)
                if found is not None:
                    return found
                while not self._leases.outlives(lease, limit):
                    await self._sleep(FIRST_PAUSE)  # none may land after another took over
                async with asyncio.timeout(limit):
                    return await adapter.reply(request.incoming, outcome, part)
            except PlatformRefused:
                self._observer.reply_failed(adapter.name)
                raise
            except (PlatformError, TimeoutError) as error:
                problem = str(error) or "it took too long"
                if self._monotonic() - started > KEEP_TRYING:
                    raise PlatformRefused(platform=adapter.name, problem=problem) from error
                self._observer.reply_failed(adapter.name)
                log.warning("reply_failed", part=part.number, error=problem)
                rests()
                if isinstance(error, PlatformBusy):
                    await self._rest(request, max(error.retry_after, FIRST_PAUSE))
                    continue
                await self._rest(request, pause)
                pause = min(pause * 2, LONGEST_PAUSE)

    async def _rest(self, request: RequestRow, seconds: float) -> None:
        self.resting.add(request.id)
        try:
            await self._sleep(seconds)
        finally:
            self.resting.discard(request.id)
