"""Getting forms: how often to ask, what each refusal means, how large a picture may be."""

from __future__ import annotations

from collections.abc import Sequence

from common import texts
from common.errors import HordeBusy, HordeError, HordeUnreachable, WorkerError
from common.horde.work_alchemy import FormsPopBody, PoppedForm
from worker.events import Report, Resumed, Waiting
from worker.horde.client import WireClient
from worker.horde.offer import BRIDGE_AGENT
from worker.horde.popping import HOPELESS, PATIENT
from worker.timing import Backoff, Timing

FORM_SECONDS = 180.0
"""What a Horde gives for a form."""
MARGIN = 20.0
"""Seconds of it that are kept for fetching, uploading and submitting."""
MOST_TILES = 16
NEWS = 0.3
"""Weight of the latest picture in the running average."""


class Pace:
    """Seconds that working on a square of 512 pixels takes, learned from what was done."""

    def __init__(self, tiles: int) -> None:
        """Take the largest picture to begin with."""
        self._first = tiles
        self._seconds: float | None = None

    def learn(self, tiles: int, seconds: float) -> None:
        """Take note of a picture that was worked upon."""
        measured = seconds / max(tiles, 1)
        known = measured if self._seconds is None else self._seconds
        self._seconds = known + NEWS * (measured - known)

    @property
    def most_tiles(self) -> int:
        """The largest picture that is done in time."""
        if self._seconds is None:
            return self._first
        fitting = (FORM_SECONDS - MARGIN) / max(self._seconds, 0.01)
        return max(1, min(MOST_TILES, int(fitting)))


class Asker:
    """Asks one server for forms, and says once why there are none."""

    def __init__(
        self,
        horde: WireClient,
        *,
        name: str,
        forms: frozenset[str],
        priority: Sequence[str] = (),
        started: float,
        report: Report,
        timing: Timing,
    ) -> None:
        self.horde = horde
        self._name = name
        self._forms = sorted(forms)
        self._priority = list(priority)
        self._started = started
        self._report = report
        self._timing = timing
        self._idle = Backoff(timing.idle, timing.random)
        self._retry = Backoff(timing.retry, timing.random)
        self._not_before = 0.0
        self._trouble = ""
        self.about = f"alchemy {horde.name}"

    def wait(self) -> float:
        """Return the seconds until the server may be asked again."""
        return max(self._not_before - self._timing.clock(), 0.0)

    async def pop(self, most_tiles: int) -> PoppedForm | None:
        """Ask once. None if there is nothing; `wait` then says when to ask again.

        Raises WorkerError if asking again is of no use.
        """
        body = FormsPopBody(
            name=self._name,
            forms=self._forms,
            max_tiles=most_tiles,
            bridge_agent=BRIDGE_AGENT,
            priority_usernames=self._priority,
            started=self._started,
        )
        try:
            popped = await self.horde.pop_forms(body)
        except HordeError as error:
            self._rest(self._patience(error))
            return None
        self._retry.reset()
        if self._trouble:
            self._trouble = ""
            self._report(Resumed(self.about))
        if not popped.forms:
            self._rest(self._idle.draw())
            return None
        self._idle.reset()
        return popped.forms[0]

    def _rest(self, seconds: float) -> None:
        self._not_before = self._timing.clock() + seconds

    def _patience(self, error: HordeError) -> float:
        """Return how long a failure deserves. Raises WorkerError for one that will not pass."""
        unreachable = isinstance(error, HordeUnreachable)
        if error.rc in PATIENT:
            seconds = error.retry_after or self._timing.maintenance
        elif unreachable or isinstance(error, HordeBusy):
            seconds = max(error.retry_after or 0.0, self._retry.draw())
        else:
            code = HOPELESS.get(error.rc, "worker.not_accepted")
            raise WorkerError(code, url=self.horde.name, problem=error) from error
        said = texts.say("worker.unreachable", url=self.horde.name) if unreachable else error
        if str(said) != self._trouble:
            self._trouble = str(said)
            self._report(Waiting(self._trouble, self.about))
        return seconds
