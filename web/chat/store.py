"""The room's rows as values, and what is written to and asked of its tables.

The functions take a connection, so that the caller decides what is one transaction.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import RowMapping, Select, delete, exists, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from common.model import Ending, IncomingKind, Outcome, Part, Picture
from web.chat.tables import messages, pictures, visitors


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody who writes in the room: the id from their cookie and the name they go by."""

    id: str
    nickname: str
    language: str | None = None
    """What their browser asks for, of the languages answers are in."""


@dataclass(frozen=True, slots=True)
class ShownPicture:
    """A picture as the room shows it. Its bytes lie in the picture folder under `sha256`."""

    id: int
    message: int
    """Id of the bot's message it belongs to."""
    number: int
    sha256: str
    mime: str
    width: int
    height: int
    alt: str
    style: str
    model: str
    seed: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the room. `author` is None where the bot wrote it."""

    id: int
    author: str | None
    nickname: str
    kind: IncomingKind
    text: str
    reply_to: int | None
    """What it answers: for the bot a request, for a person one of the bot's messages."""
    part: int | None
    total: int | None
    ending: Ending | None
    notes: tuple[str, ...]
    suggestions: tuple[str, ...]
    follow_ups: tuple[str, ...]
    created: datetime
    pictures: tuple[ShownPicture, ...] = ()
    asker: str | None = None
    """Whose request it answers."""
    veiled: bool = False
    """Its pictures hide until somebody wants to see them."""
    language: str | None = None
    """Of who wrote it, if that is no bot."""

    @property
    def is_last_part(self) -> bool:
        """Whether an answer ends with this message."""
        return self.part is not None and self.part == self.total


@dataclass(frozen=True, slots=True)
class Thread:
    """A request and what the bot answered to it, in order."""

    request: Message
    answers: tuple[Message, ...] = ()

    @property
    def answered(self) -> bool:
        """Whether the last part of the answer is there."""
        return any(answer.is_last_part for answer in self.answers)


# --- writing -------------------------------------------------------------------------------


async def insert_request(
    connection: AsyncConnection,
    room: str,
    visitor: Visitor,
    *,
    text: str,
    token: str,
    kind: IncomingKind,
    reply_to: int | None,
    now: float,
) -> int:
    """Write down what a person wrote; raise IntegrityError if the token was used before."""
    await _keep_visitor(connection, visitor, now)
    return await _insert_message(
        connection,
        {"room": room, "author": visitor.id, "kind": kind.value, "text": text, "token": token}
        | {"reply_to": reply_to, "created": now, "language": visitor.language},
    )


async def insert_answer(
    connection: AsyncConnection,
    room: str,
    reply_to: int,
    *,
    outcome: Outcome,
    part: Part,
    veiled: bool,
    now: float,
) -> int:
    """Write down a part of an answer; raise IntegrityError if it is there already."""
    # what concerns the whole answer stands under its end
    last = part.number == part.total
    number = await _insert_message(
        connection,
        {
            "room": room,
            "kind": IncomingKind.MESSAGE.value,
            "text": part.text,
            "reply_to": reply_to,
            "part": part.number,
            "total": part.total,
            "ending": outcome.ending.value,
            "notes": [note.text for note in outcome.notes] if last else [],
            "suggestions": list(outcome.suggestions) if last else [],
            "follow_ups": list(outcome.follow_ups) if last else [],
            "veiled": veiled,
            "created": now,
        },
    )
    await _keep_pictures(connection, number, part.pictures)
    return number


async def insert_copy(
    connection: AsyncConnection,
    room: str,
    request: str,
    *,
    text: str,
    shown: Sequence[Picture],
    now: float,
) -> int:
    """Write down an answer of elsewhere for the gallery; raise IntegrityError if it is there."""
    kind = IncomingKind.MESSAGE.value
    values = {"room": room, "kind": kind, "text": text, "copy": request, "created": now}
    number = await _insert_message(connection, values)
    await _keep_pictures(connection, number, shown)
    return number


async def delete_copy(connection: AsyncConnection, room: str, number: int) -> None:
    """Delete a copy with its pictures; one that is gone already is fine."""
    mine = select(messages.c.id).where(
        messages.c.room == room, messages.c.id == number, messages.c.copy.is_not(None)
    )
    await connection.execute(delete(pictures).where(pictures.c.message.in_(mine)))
    await connection.execute(
        delete(messages).where(
            messages.c.room == room, messages.c.id == number, messages.c.copy.is_not(None)
        )
    )


async def _keep_pictures(
    connection: AsyncConnection, message: int, shown: Sequence[Picture]
) -> None:
    fields = ("number", "sha256", "mime", "width", "height", "alt", "style", "model", "seed")
    rows = [
        {field: getattr(picture, field) for field in fields}
        | {"message": message, "notes": list(picture.notes)}
        for picture in shown
    ]
    if rows:
        await connection.execute(insert(pictures), rows)


async def hide_thread(connection: AsyncConnection, room: str, number: int, author: str) -> bool:
    """Hide a request and the answers to it; false if this author has no such request."""
    mine = (messages.c.room == room, messages.c.id == number, messages.c.author == author)
    hidden = update(messages).values(hidden=True)
    done = await connection.execute(hidden.where(*mine, messages.c.hidden.is_(False)))
    if done.rowcount:
        answers = (messages.c.reply_to == number, messages.c.author.is_(None))
        await connection.execute(hidden.where(*answers))
    return bool(done.rowcount)


async def _insert_message(connection: AsyncConnection, values: Mapping[str, Any]) -> int:
    blank = {"notes": [], "suggestions": [], "follow_ups": [], "hidden": False, "veiled": False}
    done = await connection.execute(insert(messages).values(blank | dict(values)))
    key = done.inserted_primary_key
    assert key is not None
    return int(key[0])


async def _keep_visitor(connection: AsyncConnection, visitor: Visitor, now: float) -> None:
    named = await connection.execute(
        update(visitors).where(visitors.c.id == visitor.id).values(nickname=visitor.nickname)
    )
    if not named.rowcount:
        await connection.execute(
            insert(visitors).values(id=visitor.id, nickname=visitor.nickname, created=now)
        )


# --- reading -------------------------------------------------------------------------------


def seen(room: str) -> Select[Any]:
    """Start a question about the messages of a room that are not hidden, with their authors.

    Copies of answers from elsewhere are in the gallery alone (see `copies_in`).
    """
    return _told(room).where(messages.c.copy.is_(None))


def copies_in(room: str) -> Select[Any]:
    """Start a question about the copies in a room's gallery."""
    return _told(room).where(messages.c.copy.is_not(None))


_ASKED = messages.alias()
_TOLD = (
    select(messages, visitors.c.nickname, _ASKED.c.author.label("asker"))
    .select_from(
        messages.outerjoin(visitors, messages.c.author == visitors.c.id).outerjoin(
            _ASKED, messages.c.reply_to == _ASKED.c.id
        )
    )
    .where(messages.c.hidden.is_(False))
)
"""Messages with their authors: put together once, as every page asks for them several times."""


def _told(room: str) -> Select[Any]:
    return _TOLD.where(messages.c.room == room)


async def load(connection: AsyncConnection, question: Select[Any]) -> list[Message]:
    """Ask for messages (see `seen`) and return them with their pictures."""
    found = [_message(row) for row in (await connection.execute(question)).mappings()]
    shown: dict[int, list[ShownPicture]] = defaultdict(list)
    answers = [message.id for message in found if message.author is None]
    if answers:
        wanted = select(pictures).where(pictures.c.message.in_(answers)).order_by(pictures.c.number)
        for row in (await connection.execute(wanted)).mappings():
            shown[row["message"]].append(_picture(row))
    return [replace(message, pictures=tuple(shown[message.id])) for message in found]


async def load_threads(
    connection: AsyncConnection, room: str, *, before: int | None, limit: int
) -> list[Thread]:
    """Return the last requests before a message id with their answers, oldest first."""
    latest = seen(room).where(messages.c.author.is_not(None))
    if before is not None:
        latest = latest.where(messages.c.id < before)
    requests = await load(connection, latest.order_by(messages.c.id.desc()).limit(limit))
    return await join_answers(connection, room, reversed(requests))


async def join_answers(
    connection: AsyncConnection, room: str, requests: Iterable[Message]
) -> list[Thread]:
    """Return each request with the bot's answers to it."""
    roots = list(requests)
    given: dict[int | None, list[Message]] = defaultdict(list)
    question = seen(room).where(
        messages.c.author.is_(None), messages.c.reply_to.in_([root.id for root in roots])
    )
    for answer in await load(connection, question.order_by(messages.c.part)):
        given[answer.reply_to].append(answer)
    return [Thread(root, tuple(given[root.id])) for root in roots]


def unanswered(room: str, *, after: int, since: float) -> Select[Any]:
    """Ask for the requests newer than both whose answer is not complete, oldest first."""
    answer = messages.alias()
    complete = exists().where(answer.c.reply_to == messages.c.id, answer.c.part == answer.c.total)
    return (
        seen(room)
        .where(messages.c.author.is_not(None), messages.c.id > after)
        .where(messages.c.created >= since, ~complete)
        .order_by(messages.c.id)
    )


async def load_pictures(
    connection: AsyncConnection,
    room: str,
    *,
    before: int | None = None,
    limit: int = 1,
    sha256: str = "",
    author: str = "",
) -> list[ShownPicture]:
    """Return pictures the room shows, newest first: those with these bytes, a visitor's, or all.

    Of these two, those are left out that are not for everybody's eyes.
    """
    question = (
        select(pictures)
        .join(messages, pictures.c.message == messages.c.id)
        .where(messages.c.room == room, messages.c.hidden.is_(False))
        .order_by(pictures.c.id.desc())
        .limit(limit)
    )
    if before is not None:
        question = question.where(pictures.c.id < before)
    if sha256:
        question = question.where(pictures.c.sha256 == sha256)
    else:
        question = question.where(messages.c.veiled.is_(False))
    if author:
        asked = messages.alias()
        question = question.join(asked, messages.c.reply_to == asked.c.id)
        question = question.where(asked.c.author == author)
    return [_picture(row) for row in (await connection.execute(question)).mappings()]


def _message(row: RowMapping) -> Message:
    return Message(
        id=row["id"],
        author=row["author"],
        nickname=row["nickname"] or "",
        kind=IncomingKind(row["kind"]),
        text=row["text"],
        reply_to=row["reply_to"],
        part=row["part"],
        total=row["total"],
        ending=Ending(row["ending"]) if row["ending"] else None,
        notes=tuple(row["notes"]),
        suggestions=tuple(row["suggestions"]),
        follow_ups=tuple(row["follow_ups"]),
        created=datetime.fromtimestamp(row["created"], UTC),
        asker=row["asker"],
        veiled=row["veiled"],
        language=row["language"],
    )


def _picture(row: RowMapping) -> ShownPicture:
    values = {field: row[field] for field in ShownPicture.__dataclass_fields__}
    return ShownPicture(**values | {"notes": tuple(values["notes"])})
