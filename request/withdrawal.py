"""Taking unanswered requests back: written down at once, then stopped here and on the Hordes."""

from __future__ import annotations

import structlog

from common.errors import PlatformError
from common.model import Incoming
from common.running.tasks import cancel
from request.adapter import Adapter, Clearing
from request.at_work import AtWork
from request.kept.leases import Lease
from request.kept.records import RequestState
from request.kept.store import Store
from request.making.production import Production

log = structlog.get_logger()


class Withdrawal:
    """Takes requests back. One whose answer is being posted is past that."""

    def __init__(self, store: Store, production: Production, at_work: AtWork) -> None:
        self._store = store
        self._production = production
        self._at_work = at_work

    async def withdraw(
        self, lease: Lease, request_id: str, *, adapter: Adapter | None = None
    ) -> None:
        """Take an unanswered request back: nothing more is made, and nothing is posted.

        An adapter that shows what is at work is told.
        """
        if await self._close(lease, request_id):
            await self.abandon(lease, request_id, adapter)

    async def close_event(self, lease: Lease, incoming: Incoming) -> str | None:
        """Note that the asker has deleted the post; returns the id of what is taken back by it."""
        request_id = await self._store.request_of_event(incoming)
        closed = request_id is not None and await self._close(lease, request_id)
        return request_id if closed else None

    async def _close(self, lease: Lease, request_id: str) -> bool:
        """Note that an unanswered request is taken back; tells whether there is one.

        Waits for nothing else. It stays taken back whatever is at work on it just now.
        """
        if request_id in self._at_work.replying:
            return False
        return await self._store.ended(lease, request_id, RequestState.CANCELLED)

    async def abandon(self, lease: Lease, request_id: str, adapter: Adapter | None) -> None:
        """Stop the work on a request that is taken back, here and on the Hordes."""
        task = self._at_work.running.get(request_id)
        if task is not None and request_id not in self._at_work.replying:
            await cancel(task)
        request = await self._store.request(request_id)
        await self._production.withdraw(lease, request)
        if isinstance(adapter, Clearing):
            try:
                await adapter.clear(request.incoming)
            except PlatformError as error:
                log.info("not_cleared", error=str(error))
