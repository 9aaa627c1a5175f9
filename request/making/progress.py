"""How far a request is, put together from what each of its jobs reports."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from common import texts
from common.horde.wire import Check
from common.model import Phase, Progress
from request.horde.turns import Standing


class _Look(NamedTuple):
    """What counts of an answer of the Horde; thousands of them are held."""

    finished: int
    processing: int
    position: int
    wait: int
    waits: bool


class Tally:
    """The jobs of one request and what is known of them."""

    __slots__ = (
        *("_at_horde", "_charged", "_finished", "_looks", "_note", "_queued"),
        *("asked", "changed", "listener"),
    )

    def __init__(self, asked: int) -> None:
        self.asked = asked
        self._looks: dict[int, _Look] = {}
        self._finished: dict[int, int] = {}
        self._queued: dict[int, Standing] = {}
        self._charged: dict[int, float] = {}
        self._note = ""
        self._at_horde: tuple[float, float] | None = None
        self.changed = False
        """Whether something is new since that was last taken notice of."""
        self.listener: Callable[[], None] | None = None
        """Who is told of each change."""

    def _change(self) -> None:
        self.changed = True
        if self.listener is not None:
            self.listener()

    def queued(self, job: int, standing: Standing) -> None:
        """Note where a job stands in our own queue."""
        self._queued[job] = standing
        self._change()

    def sent(self, job: int) -> None:
        """Note that it is a job's turn to be sent."""
        if self._queued.pop(job, None) is not None:
            self._change()

    def looked(self, job: int, check: Check) -> None:
        """Note what the Horde said of a job."""
        self._looks[job] = _Look(
            check.finished,
            check.processing,
            check.queue_position,
            check.wait_time,
            check.waiting > 0 and check.is_possible,
        )
        self._note = ""
        self._change()

    def waits(self, job: int) -> bool:
        """Tell whether a job is held up by nothing but those before it, as far as is known."""
        look = self._looks.get(job)
        return job in self._queued or (look is not None and look.waits)

    def was_at_horde(self, begun: float, ended: float) -> None:
        """Note when a Horde had a job, in Unix seconds."""
        known = self._at_horde or (begun, ended)
        self._at_horde = min(known[0], begun), max(known[1], ended)

    @property
    def generation(self) -> float | None:
        """Seconds between the first job that went to a Horde and the last that came back."""
        return None if self._at_horde is None else self._at_horde[1] - self._at_horde[0]

    def finished(self, job: int, pictures: int) -> None:
        """Note that a job is closed."""
        self._looks.pop(job, None)
        self._queued.pop(job, None)
        self._finished[job] = pictures
        self._change()

    def cost(self, job: int, kudos: float) -> None:
        """Note what a Horde has charged for a job; twice where it was made twice."""
        self._charged[job] = self._charged.get(job, 0.0) + kudos

    def kudos(self, jobs: int) -> float | None:
        """Return what so many jobs were charged; None if some ended before a restart."""
        return sum(self._charged.values()) if len(self._charged) >= jobs else None

    def held_up(self, note: str) -> None:
        """Note a sentence on what holds the request up."""
        self._note = note
        self._change()

    def progress(self) -> Progress:
        """Return what a waiting person may be shown."""
        looks = self._looks.values()
        finished = sum(self._finished.values()) + sum(look.finished for look in looks)
        generating = any(look.processing for look in looks)
        positions = [look.position for look in looks if not look.processing]
        waits = [look.wait for look in looks]
        waits += [standing.seconds for standing in self._queued.values()]
        own_queue = bool(self._queued) and not generating
        if own_queue:
            positions = [standing.place for standing in self._queued.values()]
        note = texts.say("progress.own_queue") if own_queue else ""
        stuck = bool(self._note)  # what a Horde says of a queue that does not move is no forecast
        return Progress(
            phase=Phase.GENERATING if generating or finished else Phase.WAITING,
            asked=self.asked,
            finished=min(finished, self.asked),
            position=0 if generating else None if stuck else max(positions, default=None),
            wait_seconds=None if stuck else max(waits, default=None),
            note=self._note or note,
            own_queue=own_queue,
        )
