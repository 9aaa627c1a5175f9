"""Polls under answers: which picture people like best, where an account asks for that.

A poll is a second post, part 0 of the answer, so that it goes when the answer goes. Asking is a
courtesy: where it fails nothing is tried again.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import sqlalchemy as sa
import structlog

from common import texts
from common.database import Database
from common.errors import PlatformError, PlatformRefused
from common.model import Audience, Outcome
from request.adapter import Adapter, Polling
from request.kept.leases import Lease, guard
from request.kept.records import RequestRow
from request.kept.store import Store
from request.kept.tables import votes

log = structlog.get_logger()

PART = 0
"""Under which number of the answer's parts a poll is kept."""
FEWEST = 2
WAITED_FOR = 30 * 24 * 3600.0
"""Seconds for which the end of a poll is waited for."""


class Polls:
    """Asks, and counts the votes when a poll has ended."""

    def __init__(
        self, database: Database, store: Store, *, now: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._store = store
        self._now = now

    async def ask(
        self, lease: Lease, request: RequestRow, outcome: Outcome, adapter: Adapter
    ) -> None:
        """Ask under an answer that everybody can see, if the account does that; only once."""
        shown, most = outcome.pictures, adapter.capabilities.poll_options
        seen = not outcome.private and request.incoming.audience is not Audience.PRIVATE
        if not (isinstance(adapter, Polling) and seen and FEWEST <= len(shown) <= most):
            return
        under = await self._store.posts_of(request.id)
        numbers = [picture.number for picture in shown]
        known = await self._store.post_intended(lease, request.id, PART, numbers)
        if known.posted or known.before:  # it may stand there, and is no answer
            return
        options = [texts.say("poll.option", number=one.number, style=one.style) for one in shown]
        try:
            question = texts.say("poll.question")
            async with asyncio.timeout(adapter.capabilities.reply_timeout):
                post = await adapter.poll(request.incoming, question, options, under=under[0])
        except (PlatformError, TimeoutError) as error:
            log.info("poll_not_asked", error=str(error) or "it took too long")
            return
        await self._store.posted(lease, request.id, PART, post)
        row = {"request": request.id, "account": lease.name, "post": post, "asked": self._now()}
        async with self._database.write() as connection:
            await guard(connection, lease)
            await connection.execute(votes.delete().where(votes.c.request == request.id))
            await connection.execute(votes.insert().values(row))

    async def count(self, lease: Lease, adapter: Adapter) -> None:
        """Keep the votes of the account's polls that have ended."""
        if not isinstance(adapter, Polling):
            return
        query = sa.select(votes.c.request, votes.c.post).where(
            votes.c.account == lease.name,
            votes.c.counted.is_(None),
            votes.c.asked > self._now() - WAITED_FOR,
        )
        async with self._database.read() as connection:
            waiting = (await connection.execute(query)).all()
        for row in waiting:
            try:
                async with asyncio.timeout(adapter.capabilities.reply_timeout):
                    counted = await adapter.count(row.post)
            except PlatformRefused:
                counted = []  # the poll is gone
            except (PlatformError, TimeoutError) as error:
                problem = str(error) or "it took too long"
                log.info("votes_not_counted", request=row.request, error=problem)
                continue
            except Exception:  # what is wrong with one must not hold up the others
                log.exception("votes_not_counted", request=row.request)
                continue
            if counted is not None:
                await self._keep(lease, row.request, counted)

    async def _keep(self, lease: Lease, request_id: str, counted: list[int]) -> None:
        async with self._database.write() as connection:
            await guard(connection, lease)
            change = votes.update().where(votes.c.request == request_id)
            await connection.execute(change.values(counted=counted))
