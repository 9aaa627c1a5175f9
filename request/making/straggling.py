"""How much longer the last job of a request is waited for, when its siblings have ended."""

from __future__ import annotations

from collections.abc import Callable

from request.allowed.terms import Patience
from request.making.progress import Tally

LOOKS = 10
"""How often, while patience lasts, it is looked whether the job has had its turn."""


class Straggler:
    """The last job open. Its time begins when its turn comes: a long queue is not its fault."""

    def __init__(
        self, job: int, tally: Tally, patience: Patience, monotonic: Callable[[], float]
    ) -> None:
        self._job = job
        self._tally = tally
        self._patience = patience
        self._monotonic = monotonic
        self._began = self._turn = monotonic()

    def left(self) -> float:
        """Return the seconds of patience that are left; 0: it is given up."""
        now = self._monotonic()
        if self._tally.waits(self._job):
            self._turn = now
        until = min(self._turn + self._patience.straggler, self._began + self._patience.queued)
        return max(0.0, until - now)

    def pause(self) -> float:
        """Return the seconds until it is to be looked at again."""
        return min(self.left(), self._patience.straggler / LOOKS)
