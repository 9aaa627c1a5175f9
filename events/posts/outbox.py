"""Posting what is due of events: on each account by who holds its lease, slowly, and once.

As with copies in showcases: the try is noted, then it is posted, then where it stands is noted; a
post that was tried before is looked for first, by the code in its text.

A post shows the entries that may be seen at that moment. Where one is hidden, or shown again,
later, the post is changed; where the platform cannot do that, it is taken down and posted anew.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from common import texts
from common.database import Database
from common.errors import PlatformBusy, PlatformError, PlatformRefused, StoreError
from common.model import Picture
from events.model import Event, State
from events.posts.announcements import UPVOTES, words_of
from events.restaging import left_out, numbers_in, restage
from events.store import event_of
from events.tables import event_posts, events
from request.adapter import Adapter, Capabilities, Publication, Publishing, Revising, Upvoted
from request.answering import answers
from request.kept import encoding
from request.kept.leases import Lease, Leases, guard
from request.kept.queries import ID_LENGTH

log = structlog.get_logger()

PAUSE = 90.0
"""Seconds between two posts of an account about events: "not multiple posts per minute"."""
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
MOST_TRIES = 30
AT_ONCE = 20
TITLE_LENGTH = 100
LEFT_OUT = "left_out"
"""In a post's body: entries that were not shown when it was tried last."""
LATE = {
    "remind": {State.OPEN},
    "open": {State.OPEN, State.ANNOUNCED},
    "heat": {State.VOTING},
    "poll": {State.VOTING},
    "upvotes": {State.VOTING},
}
"""In which states of the event a post still makes sense, by how its key begins."""


@dataclass(frozen=True, slots=True)
class Row:
    """A post as stored, with its event."""

    id: int
    event: Event
    account: str
    key: str
    target: str
    body: dict[str, Any]
    state: str
    post: str | None
    tries: int

    def is_empty(self, left_out: Collection[int]) -> bool:
        """Tell whether nothing is left of it without these entries."""
        shows = numbers_in(self.body)
        return bool(shows) and "lines" not in self.body and shows <= set(left_out)

    @property
    def code(self) -> str:
        """By which the post is found again on its platform."""
        return f"{self.event.id}-{self.id}"


class Outbox:
    """The posts of all events."""

    def __init__(
        self,
        database: Database,
        leases: Leases,
        pictures: Path,
        *,
        pause: Callable[[], float] = lambda: PAUSE,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._database = database
        self._leases = leases
        self._pictures = pictures
        self._pause = pause
        self._now = now

    async def serve(self, lease: Lease, adapter: Adapter) -> None:
        """Post and take down what is due on an account; what fails is taken up again later."""
        for row in await self.due(lease.name):
            if not isinstance(adapter, Publishing):
                log.warning("cannot_publish", account=lease.name)
                await self._ended(lease, row, "failed")
                continue
            if not _fits(row, adapter):
                await self._ended(lease, row, "removed")
                continue
            limit = adapter.capabilities.reply_timeout
            if not self._leases.outlives(lease, limit):
                return
            wait = await self._last(lease.name) + self._pause() - self._now()
            if row.state == "intended" and wait > 0 and not row.tries:
                await self._change(lease, row, due=self._now() + wait)
                continue
            try:
                async with asyncio.timeout(limit):
                    await self._do(lease, row, adapter, adapter.capabilities)
            except (PlatformError, TimeoutError) as error:
                await self._failed(lease, row, error)
            except StoreError:
                raise
            except Exception as error:  # what is wrong with one must not hold up the others
                log.exception("event_post_broken", challenge=row.event.name, key=row.key)
                await self._change(lease, row, tries=row.tries + 1)
                await self._failed(lease, row, error)

    async def _do(self, lease: Lease, row: Row, adapter: Publishing, can: Capabilities) -> None:
        gone = await self._left_out(row)
        publication = self._publication(row, can, gone)
        if row.state == "removing" or row.is_empty(gone):
            await self._take_down(lease, row, adapter, publication)
            await self._ended(lease, row, "removed")
            return
        if row.state == "revising":
            await self._revise(lease, row, adapter, publication)
            return
        if not timely(row):
            await self._ended(lease, row, "failed")
            return
        under = await self._above(row)
        if under is None:
            await self._change(lease, row, due=self._now() + FIRST_PAUSE)
            return
        publication = replace(publication, under=under)
        post = await adapter.find_published(publication) if row.tries else None
        if post is None:
            row = replace(row, tries=row.tries + 1, body={**row.body, LEFT_OUT: gone})
            await self._change(lease, row, tries=row.tries, body=row.body)
            post = await adapter.publish(publication)
        await self._posted(lease, row, encoding.storable(post)[:ID_LENGTH])
        log.info("event_posted", account=lease.name, challenge=row.event.name, key=row.key)

    async def _take_down(
        self, lease: Lease, row: Row, adapter: Publishing, publication: Publication
    ) -> None:
        post = row.post
        if post is None and row.tries:
            post = await adapter.find_published(publication)
        if post is not None:
            await adapter.unpublish(row.target, post)
            await self._change(lease, row, post=None)

    async def _revise(
        self, lease: Lease, row: Row, adapter: Publishing, publication: Publication
    ) -> None:
        """Change a post so that it shows what may be seen, or post it anew."""
        await self._change(lease, row, tries=row.tries + 1)
        if isinstance(adapter, Revising) and row.post is not None:
            try:
                await adapter.revise(publication, row.post)
            except PlatformRefused as error:  # nobody edits there, or it is gone
                log.info("not_revised", account=lease.name, key=row.key, problem=str(error))
                await adapter.unpublish(row.target, row.post)
                await self._ended(lease, row, "failed")
            else:
                gone = await self._left_out(row)
                changed = replace(row, body={**row.body, LEFT_OUT: gone})
                await self._posted(lease, changed, row.post)
            return
        await self._take_down(lease, row, adapter, publication)
        await self._change(lease, row, state="intended", tries=0)

    def _publication(self, row: Row, can: Capabilities, gone: Collection[int]) -> Publication:
        shown = tuple(
            self._picture(one) for one in row.body.get("pictures", ()) if one["number"] not in gone
        )
        with texts.speaking(row.event.plan.rules.language):
            last = texts.say("event_post.machine", code=row.code)
            words = words_of(row.body, gone)
        [title] = answers.split(str(row.body["title"]), TITLE_LENGTH, most=1)
        if not can.titles and title not in words:
            words = f"{title}\n{words}"
        [text] = answers.split(words, max(1, can.text_length - len(last) - 1), most=1) or [""]
        votes = (number for number in row.body.get("vote", ()) if number not in gone)
        left = 0.0 if row.event.due is None else row.event.due - self._now()
        return Publication(
            request=row.code,
            to=row.target,
            title=title,
            text=f"{text}\n{last}",
            pictures=shown,
            poll=tuple(row.body.get("poll", ())),
            poll_seconds=left,
            buttons=tuple(f"approve {row.event.name} {number}" for number in votes),
        )

    def _picture(self, one: dict[str, Any]) -> Picture:
        names = ("number", "sha256", "mime", "width", "height", "style", "model", "seed", "alt")
        known = {name: one[name] for name in names}
        return Picture(path=self._pictures / str(one["sha256"]), worker="", **known)

    async def _failed(self, lease: Lease, row: Row, error: Exception) -> None:
        problem = str(error) or type(error).__name__
        log.warning("event_post_failed", challenge=row.event.name, key=row.key, error=problem)
        if isinstance(error, PlatformRefused) or row.tries >= MOST_TRIES:
            await self._ended(lease, row, "failed")
            return
        pause = min(FIRST_PAUSE * 2.0 ** min(row.tries, 10), LONGEST_PAUSE)
        if isinstance(error, PlatformBusy):
            pause = max(error.retry_after, FIRST_PAUSE)
        await self._change(lease, row, due=self._now() + pause)

    # --- rows -------------------------------------------------------------------------------

    async def due(self, account: str) -> list[Row]:
        """Return what is to be posted from an account or taken down now, oldest first."""
        query = (
            _with_event()
            .where(
                event_posts.c.account == account,
                event_posts.c.state.in_(("intended", "removing", "revising")),
                event_posts.c.due <= self._now(),
            )
            .order_by(event_posts.c.due, event_posts.c.id)
            .limit(AT_ONCE)
        )
        async with self._database.read() as connection:
            return [_row(row) for row in await connection.execute(query)]

    async def of(self, event: Event) -> list[Row]:
        """Return all posts of an event in the order in which they were queued."""
        query = _with_event().where(event_posts.c.event == event.id).order_by(event_posts.c.id)
        async with self._database.read() as connection:
            return [_row(row) for row in await connection.execute(query)]

    async def _above(self, row: Row) -> str | None:
        """Return the post a row stands under, "" if it stands alone; None: not there yet."""
        key = row.body.get("under", "")
        if not key:
            return ""
        mine = event_posts.c.event == row.event.id
        query = sa.select(event_posts.c.post).where(
            mine,
            event_posts.c.key == key,
            event_posts.c.target == row.target,
            event_posts.c.account == row.account,
            event_posts.c.state == "posted",
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one_or_none()

    async def polls(self, account: str) -> list[Row]:
        """Return the account's polls that are over by the clock and not counted yet."""
        query = _with_event().where(
            event_posts.c.account == account,
            event_posts.c.key.startswith("poll-"),
            event_posts.c.state == "posted",
            events.c.state.in_((State.VOTING, State.TALLY)),
        )
        async with self._database.read() as connection:
            return [_row(row) for row in await connection.execute(query)]

    async def upvoted(self, account: str) -> list[Row]:
        """Return the account's posts to be upvoted whose upvotes are to be counted now."""
        query = _with_event().where(
            event_posts.c.account == account,
            event_posts.c.key.startswith(UPVOTES),
            event_posts.c.state == "posted",
            events.c.state == State.TALLY,
        )
        async with self._database.read() as connection:
            return [_row(row) for row in await connection.execute(query)]

    async def counted(self, lease: Lease, row: Row) -> None:
        """Note that the votes of a poll, or the upvotes of a post, are kept."""
        await self._ended(lease, row, "counted")

    async def taken_back(self, lease: Lease, shown: Iterable[tuple[str, int]]) -> None:
        """Have an entry (event and number) taken out of the posts that show it."""
        gone: dict[str, set[int]] = {}
        for event, number in shown:
            gone.setdefault(event, set()).add(number)
        async with self._database.write() as connection:
            await guard(connection, lease)
            for event, numbers in gone.items():
                await restage(connection, event, numbers, self._now())

    async def _left_out(self, row: Row) -> list[int]:
        async with self._database.read() as connection:
            return await left_out(connection, row.event.id, numbers_in(row.body))

    async def _posted(self, lease: Lease, row: Row, post: str) -> None:
        """Note where a post is; what has come or gone while it was made is made good for."""
        values = {"state": "posted", "post": post, "body": row.body, "changed": self._now()}
        async with self._database.write() as connection:
            await guard(connection, lease)
            await _changed(connection, row, values)
            shows = numbers_in(row.body)
            if await left_out(connection, row.event.id, shows) != row.body.get(LEFT_OUT, []):
                await restage(connection, row.event.id, shows, self._now())

    async def _last(self, account: str) -> float:
        query = sa.select(sa.func.max(event_posts.c.changed)).where(
            event_posts.c.account == account,
            event_posts.c.state == "posted",
            event_posts.c.changed <= self._now(),  # later if the clock was put back since
        )
        async with self._database.read() as connection:
            return (await connection.execute(query)).scalar_one() or 0.0

    async def _ended(self, lease: Lease, row: Row, state: str) -> None:
        await self._change(lease, row, state=state, changed=self._now())

    async def _change(self, lease: Lease, row: Row, **values: object) -> None:
        """Change a post that nobody has taken back meanwhile."""
        async with self._database.write() as connection:
            await guard(connection, lease)
            await _changed(connection, row, values)


async def _changed(connection: AsyncConnection, row: Row, values: dict[str, object]) -> None:
    mine = event_posts.c.id == row.id
    same = await connection.execute(
        event_posts.update().where(mine, event_posts.c.state == row.state).values(**values)
    )
    if not same.rowcount and "post" in values:  # taken back while it was being posted
        await connection.execute(event_posts.update().where(mine).values(post=values["post"]))


def _fits(row: Row, adapter: Adapter) -> bool:
    """Tell whether a platform can carry a post that is to be chosen from or upvoted."""
    if row.key.startswith(UPVOTES):
        return isinstance(adapter, Upvoted)
    return len(row.body.get("poll", ())) <= adapter.capabilities.poll_posts


def timely(row: Row) -> bool:
    """Tell whether a post still makes sense, as its event stands."""
    states = LATE.get(row.key.partition("-")[0])
    return states is None or row.event.state in states


def _with_event() -> sa.Select[Any]:
    post = [column.label(f"post_{column.name}") for column in event_posts.c]
    return sa.select(*post, *events.c).join(events, events.c.id == event_posts.c.event)


def _row(row: sa.Row[Any]) -> Row:
    return Row(
        id=row.post_id,
        event=event_of(row),
        account=row.post_account,
        key=row.post_key,
        target=row.post_target,
        body=row.post_body,
        state=row.post_state,
        post=row.post_post,
        tries=row.post_tries,
    )
