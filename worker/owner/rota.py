"""When the worker rests because its owner wants it so: by the clock, or for another program."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from common import texts
from common.settings.hours import NEVER, are_now
from worker.system.neighbours import neighbour
from worker.system.thread import in_thread
from worker.timing import Timing


def _now() -> datetime:
    return datetime.now().astimezone()


class Rota:
    """Tells why the worker is to rest now, if it is."""

    def __init__(
        self,
        hours: str,
        give_way: Sequence[str],
        timing: Timing,
        *,
        now: Callable[[], datetime] = _now,
        neighbour: Callable[[Sequence[str]], str | None] = neighbour,
    ) -> None:
        self._hours = hours
        self._give_way = give_way
        self._clock = timing.clock
        self._pause = timing.look
        self._now = now
        self._neighbour = neighbour
        self._looked = float("-inf")
        self._found: str | None = None

    async def reason(self) -> str | None:
        """Return the sentence that says why it rests; None while it is to work."""
        if not are_now(self._hours, self._now()):
            code = "worker.never" if self._hours == NEVER else "worker.off_hours"
            return texts.say(code, hours=self._hours)
        if self._give_way and self._clock() - self._looked >= self._pause:
            self._found = await in_thread(lambda: self._neighbour(self._give_way))
            self._looked = self._clock()
        return texts.say("worker.gives_way", program=self._found) if self._found else None
