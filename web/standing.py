"""How far a request is, in words and as a bar."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from common.model import Phase, Progress
from common.texts import say
from web.chat.room import CATCH_UP_SECONDS
from web.chat.store import Thread

TILES = 20
"""Most empty frames shown for pictures to come."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What a waiting person sees."""

    headline: str
    details: tuple[str, ...]
    """Sentences under the headline: how long it may take, what holds it up."""
    finished: int
    asked: int
    """Pictures; 0 where it is not known yet."""

    @property
    def frames(self) -> list[bool]:
        """One entry per picture asked for, true where it is finished."""
        return [number < self.finished for number in range(min(self.asked, TILES))]


def stand(progress: Progress | None) -> Standing:
    """Say how far a request is. None: nobody told us since we started."""
    if progress is None:
        return Standing(say("web.received"), (), 0, 0)
    details = []
    if progress.wait_seconds:
        details.append(_wait(progress.wait_seconds))
    if progress.note:
        details.append(progress.note)
    return Standing(_headline(progress), tuple(details), progress.finished, progress.asked)


def is_over(thread: Thread, now: datetime) -> bool:
    """Tell whether a thread is answered, or too old to be answered any more."""
    age = now - thread.request.created
    return thread.answered or age > timedelta(seconds=CATCH_UP_SECONDS)


def _headline(progress: Progress) -> str:
    match progress.phase:
        case Phase.RECEIVED:
            return say("web.received")
        case Phase.WAITING if progress.position:
            return say("web.waiting_place", place=progress.position)
        case Phase.WAITING:
            return say("web.waiting")
        case Phase.GENERATING:
            return say("web.generating", finished=progress.finished, asked=progress.asked)
        case Phase.FINISHING:
            return say("web.finishing")


def _wait(seconds: int) -> str:
    if seconds < 100:
        return say("web.wait_seconds", seconds=seconds)
    return say("web.wait_minutes", minutes=round(seconds / 60))
