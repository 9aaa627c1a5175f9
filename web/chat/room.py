"""The room: a chat platform in one class, for its pages and for its bot alike."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.exc import IntegrityError

from common.database import Database
from common.errors import StoreError
from common.model import IncomingKind, Outcome, Part, Picture, Progress
from web.chat import forgetting, store
from web.chat.live import Advanced, Broadcast, Posted, Removed, Subscription
from web.chat.store import Message, ShownPicture, Thread, Visitor
from web.chat.tables import messages, visitors

CATCH_UP_SECONDS = 24 * 3600.0
"""How old an unanswered request may be to be still worth an answer."""
CATCH_UP_PAGE = 200
PROGRESS_KEPT = 1000
"""Requests whose progress is remembered; older ones show that they are waiting."""


class Room:
    """One chat room, kept in the database. Raises StoreError when that fails."""

    def __init__(
        self, database: Database, name: str, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.name = name
        self.live = Broadcast()
        self._database = database
        self._clock = clock
        self._progress: dict[int, Progress] = {}
        # who watches must see messages in the order of their ids
        self._order = asyncio.Lock()

    # --- what people do ---

    async def write(
        self,
        visitor: Visitor,
        text: str,
        token: str,
        *,
        kind: IncomingKind = IncomingKind.MESSAGE,
        reply_to: int | None = None,
    ) -> Message:
        """Write down a person's message. The same token again returns the first message."""
        async with self._order:
            try:
                async with self._database.write() as connection:
                    number = await store.insert_request(
                        connection,
                        self.name,
                        visitor,
                        text=text,
                        token=token,
                        kind=kind,
                        reply_to=reply_to,
                        now=self._clock(),
                    )
            except IntegrityError as error:
                again = store.seen(self.name).where(
                    messages.c.author == visitor.id, messages.c.token == token
                )
                found = await self._load(again)
                if not found:
                    raise StoreError("store.failed", where=self.name, problem=error) from error
                return found[0]
            return await self._announce(number)

    async def remove(self, visitor: str, number: int) -> bool:
        """Take back what a visitor wrote; false if they wrote no such message."""
        async with self._order:
            message = await self.message(number)
            async with self._database.write() as connection:
                hidden = await store.hide_thread(connection, self.name, number, visitor)
            if message and hidden:
                self._progress.pop(number, None)
                self.live.send(Removed(message))
            return hidden

    async def forget(self, visitor: str) -> None:
        """Delete all that a visitor wrote in this room, the answers, and what they showed."""
        async with self._order:
            async with self._database.write() as connection:
                removed = await forgetting.delete_visitor(connection, self.name, visitor)
            for message in removed:
                self._progress.pop(message.id, None)
                self.live.send(Removed(message))

    async def shown(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that messages still show, in whatever room."""
        async with self._database.read() as connection:
            return await forgetting.shown_pictures(connection, names)

    async def nickname(self, visitor: str) -> str | None:
        """Return the name a visitor goes by, None if they never wrote."""
        wanted = select(visitors.c.nickname).where(visitors.c.id == visitor)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one_or_none()

    # --- what the bot does ---

    async def post(
        self, request: int, outcome: Outcome, part: Part, *, veiled: bool = False
    ) -> int:
        """Post a part of an answer, and return its id. The same part again returns the first.

        `veiled` pictures are seen by who opens them, and not in the gallery.
        """
        async with self._order:
            try:
                async with self._database.write() as connection:
                    number = await store.insert_answer(
                        connection,
                        self.name,
                        request,
                        outcome=outcome,
                        part=part,
                        veiled=veiled,
                        now=self._clock(),
                    )
            except IntegrityError as error:
                found = await self.find_answer(request, part.number)
                if found is None:
                    raise StoreError("store.failed", where=self.name, problem=error) from error
                return found
            if part.number == part.total:
                self._progress.pop(request, None)
            await self._announce(number)
            return number

    async def show(self, request: str, text: str, shown: Sequence[Picture]) -> int:
        """Put an answer of elsewhere into the gallery; it is there once. Return its id."""
        try:
            async with self._database.write() as connection:
                return await store.insert_copy(
                    connection, self.name, request, text=text, shown=shown, now=self._clock()
                )
        except IntegrityError as error:
            found = await self.find_copy(request)
            if found is None:
                raise StoreError("store.failed", where=self.name, problem=error) from error
            return found

    async def find_copy(self, request: str) -> int | None:
        """Return the id of an answer of elsewhere in the gallery."""
        found = await self._load(store.copies_in(self.name).where(messages.c.copy == request))
        return found[0].id if found else None

    async def take_down(self, number: int) -> None:
        """Take an answer of elsewhere out of the gallery; one that is gone already is fine."""
        async with self._database.write() as connection:
            await store.delete_copy(connection, self.name, number)

    async def find_answer(self, request: int, part: int) -> int | None:
        """Return the id of a part already posted."""
        answers = (messages.c.reply_to == request, messages.c.part == part)
        wanted = select(messages.c.id).where(*answers)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one_or_none()

    async def unanswered(self, *, after: int = 0) -> list[Message]:
        """Return a page of the last day's requests without a complete answer, oldest first."""
        since = self._clock() - CATCH_UP_SECONDS
        question = store.unanswered(self.name, after=after, since=since)
        return await self._load(question.limit(CATCH_UP_PAGE))

    def advance(self, request: int, progress: Progress) -> None:
        """Show how far a request is."""
        self._progress.pop(request, None)
        self._progress[request] = progress
        if len(self._progress) > PROGRESS_KEPT:
            self._progress.pop(next(iter(self._progress)))
        self.live.send(Advanced(request, progress))

    # --- what is to be seen ---

    async def message(self, number: int) -> Message | None:
        """Return a message, None if there is none to be seen."""
        found = await self._load(store.seen(self.name).where(messages.c.id == number))
        return found[0] if found else None

    async def copy(self, number: int) -> Message | None:
        """Return an answer of elsewhere that the gallery shows, None if there is none."""
        found = await self._load(store.copies_in(self.name).where(messages.c.id == number))
        return found[0] if found else None

    async def messages_after(self, number: int, limit: int) -> list[Message]:
        """Return what was written after a message, oldest first."""
        question = store.seen(self.name).where(messages.c.id > number)
        return await self._load(question.order_by(messages.c.id).limit(limit))

    async def latest(self) -> int:
        """Return the highest id given out, 0 in an empty room."""
        wanted = select(func.max(messages.c.id)).where(messages.c.room == self.name)
        async with self._database.read() as connection:
            return (await connection.execute(wanted)).scalar_one_or_none() or 0

    async def threads(self, *, before: int | None = None, limit: int = 50) -> list[Thread]:
        """Return the last requests with their answers, oldest first."""
        async with self._database.read() as connection:
            return await store.load_threads(connection, self.name, before=before, limit=limit)

    async def thread(self, number: int) -> Thread | None:
        """Return the thread a message belongs to."""
        message = await self.message(number)
        if message and message.author is None and message.reply_to:
            message = await self.message(message.reply_to)
        if message is None:
            return None
        async with self._database.read() as connection:
            return (await store.join_answers(connection, self.name, [message]))[0]

    async def gallery(self, *, before: int | None, limit: int) -> list[ShownPicture]:
        """Return the pictures for everybody's eyes, newest first, before a picture id."""
        async with self._database.read() as connection:
            return await store.load_pictures(connection, self.name, before=before, limit=limit)

    async def pictures_of(self, visitor: str, limit: int) -> list[ShownPicture]:
        """Return the pictures that were made for a visitor, newest first."""
        async with self._database.read() as connection:
            return await store.load_pictures(connection, self.name, author=visitor, limit=limit)

    async def picture(self, sha256: str) -> ShownPicture | None:
        """Return a picture by its bytes' hash, None if the room does not show it."""
        async with self._database.read() as connection:
            found = await store.load_pictures(connection, self.name, sha256=sha256)
        return found[0] if found else None

    def progress(self, request: int) -> Progress | None:
        """Return how far a request is, as far as this process knows."""
        return self._progress.get(request)

    def running(self) -> dict[int, Progress]:
        """Return the progress of all requests at work."""
        return dict(self._progress)

    def subscribe(self) -> AbstractContextManager[Subscription]:
        """Lend the events of the room from now on."""
        return self.live.subscribe()

    def close(self) -> None:
        """Let all who watch go. The database stays open: it is not ours."""
        self.live.close()

    async def _announce(self, number: int) -> Message:
        message = await self.message(number)
        if message is None:
            raise StoreError("store.failed", where=self.name, problem=f"message {number} is gone")
        self.live.send(Posted(message))
        return message

    async def _load(self, question: Select[Any]) -> list[Message]:
        async with self._database.read() as connection:
            return await store.load(connection, question)
