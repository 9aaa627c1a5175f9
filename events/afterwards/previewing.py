"""The program as somebody who asks: pictures of the styles that won contests, on three subjects.

They are asked for like everybody's, under limits, budget and key of the bot's own, and kept beside
the other previews. What is asked is a request like any other: it survives the death of the process,
and its picture is kept when it comes.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import structlog

from common.errors import PlatformError
from common.model import Audience, Incoming, Outcome, Part, Person, Place, Progress
from common.running.tasks import first
from events.afterwards.featuring import Won
from request.adapter import Capabilities
from styles.lists.previews import SUBJECTS, Previews, Subject, keep

log = structlog.get_logger()

NAME = "event previews"
LOOK = 60.0
"""Seconds between two looks for styles without pictures."""
PATIENCE = 1800.0
"""Seconds after which the next picture is asked for while one is still being made."""
HOUR = 3600.0
TRIED_AT = (0.0, HOUR, 6 * HOUR, 24 * HOUR, 72 * HOUR)
"""Seconds after a contest's end at which what is missing is asked for; then no more."""


@dataclass(frozen=True, slots=True)
class Wish:
    """A picture that is missing."""

    event: str
    style: str
    subject: Subject
    turn: int
    """Which try it is, from 1."""

    @property
    def key(self) -> str:
        """By which it is known again, so that it is asked for once a turn."""
        return f"{self.event}/{self.turn}/{self.subject.kind}/{self.style}"


class StylePreviews:
    """Asks for what is missing, one picture at a time (`request/adapter.py`)."""

    name = NAME
    capabilities = Capabilities(
        text_length=100_000,
        pictures_per_reply=20,
        picture_bytes=2**31,
        reply_timeout=10.0,
        pressed=True,
    )

    def __init__(
        self,
        won: Callable[[], Awaitable[Sequence[Won]]],
        previews: Previews,
        folder: Path,
        known: Callable[[str], bool],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take what returns the contests' styles, the pictures there are, and where new ones go.

        `known` tells whether a style can be asked for by now.
        """
        self._won = won
        self._previews = previews
        self._folder = folder
        self._known = known
        self._sleep = sleep
        self._now = now
        self._asked: dict[str, asyncio.Event] = {}

    async def missing(self) -> list[Wish]:
        """Return what is to be asked for now."""
        wishes = []
        for won in await self._won():
            turn = turn_at(self._now() - won.event.since)
            if turn is None:
                continue
            names = [style.name for style in won.styles if self._known(style.name)]
            shown = await self._previews.of(names)
            for name in names:
                there = {one.subject for one in shown.get(name, ())}
                wishes += [
                    Wish(won.event.id, name, subject, turn)
                    for subject in SUBJECTS
                    if subject.kind not in there
                ]
        return [wish for wish in wishes if wish.key not in self._asked]

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield what is missing, the next when the one before has come."""
        while True:
            wishes = await self.missing()
            if not wishes:
                await self._sleep(LOOK)
                continue
            answered = self._asked[wishes[0].key] = asyncio.Event()
            yield self._said(wishes[0])
            await first(answered.wait(), self._sleep(PATIENCE))

    def _said(self, wish: Wish) -> Incoming:
        subject = wish.subject
        return Incoming(
            place=Place(NAME),
            event=wish.key,
            person=Person(NAME, NAME),
            text=f'{subject.text} --n 1 --seed {subject.seed} style: "{wish.style}"',
            created=datetime.fromtimestamp(self._now(), UTC),
            audience=Audience.PRIVATE,
            expects=True,
            verb_optional=True,
            context={"style": wish.style, "subject": subject.kind},
        )

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show nothing: nobody watches."""

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Keep the picture. Raises PlatformError if the disk does not take it."""
        style, subject = incoming.context["style"], incoming.context["subject"]
        if part.pictures:
            try:
                content = await asyncio.to_thread(part.pictures[0].path.read_bytes)
                made = {style: {subject: content}}
                await asyncio.to_thread(keep, self._folder, made, beside=True)
            except OSError as error:
                raise PlatformError(platform=NAME, problem=error.strerror) from error
        else:
            log.warning("style_not_previewed", style=style, of=subject, reason=outcome.text)
        if (answered := self._asked.get(incoming.event)) is not None:
            answered.set()
        return incoming.event

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Nothing is posted; keeping a picture twice is fine."""
        del incoming, part, known
        return None

    async def close(self) -> None:
        """Nothing to close."""


def turn_at(seconds: float) -> int | None:
    """Return which try it is that long after a contest's end; None when it is given up."""
    if seconds >= TRIED_AT[-1] + 24 * HOUR:
        return None
    return sum(seconds >= at for at in TRIED_AT) or 1
