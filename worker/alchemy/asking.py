"""Getting forms from one server, and how large a picture of theirs may be."""

from __future__ import annotations

from collections.abc import Sequence

from common.errors import HordeError
from common.horde.work_alchemy import FormsPopBody, PoppedForm
from worker.events import Report
from worker.horde.asking import Asking
from worker.horde.client import WireClient
from worker.horde.offer import BRIDGE_AGENT
from worker.timing import Timing

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
        self.about = f"alchemy {horde.name}"
        self._asking = Asking(horde.name, self.about, report=report, timing=timing)

    def wait(self) -> float:
        """Return the seconds until the server may be asked again."""
        return self._asking.wait()

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
            self._asking.failed(error)
            return None
        self._asking.answered(with_work=bool(popped.forms))
        return popped.forms[0] if popped.forms else None
