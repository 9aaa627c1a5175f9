"""How often a server is asked for work, and what each refusal means for the next time."""

from __future__ import annotations

from common import texts
from common.errors import HordeBusy, HordeError, HordeUnreachable, WorkerError
from worker.events import Report, Resumed, Waiting
from worker.timing import Backoff, Timing

PATIENT = frozenset(
    {"WorkerMaintenance", "WorkerFlaggedMaintenance", "MaintenanceMode", "TimeoutIP"}
)
"""Return codes that pass without anybody touching this worker."""
HOPELESS = {
    "InvalidAPIKey": "worker.bad_key",
    "WrongCredentials": "worker.name_taken",
    "AnonForbiddenWorker": "worker.anonymous",
    "TooManyWorkers": "worker.too_many_workers",
}
"""Return codes that only the operator can do something about, with what they are told."""
UNKNOWN_MODELS = ("BadRequest", "unrecognised models")
"""Code and words with which a server turns away a worker of whose models it knows none."""


class Asking:
    """The pace at which one server is asked. What is wrong with it is said once."""

    def __init__(self, horde: str, about: str, *, report: Report, timing: Timing) -> None:
        """Take the server's address, and what its waits are told apart by."""
        self._horde = horde
        self._about = about
        self._report = report
        self._timing = timing
        self._idle = Backoff(timing.idle, timing.random)
        self._retry = Backoff(timing.retry, timing.random)
        self._not_before = 0.0
        self._trouble = ""

    def wait(self) -> float:
        """Return the seconds until the server may be asked again."""
        return max(self._not_before - self._timing.clock(), 0.0)

    def answered(self, *, with_work: bool) -> None:
        """Take note of an answer: without work the server is left alone for a while."""
        self._retry.reset()
        if self._trouble:
            self._trouble = ""
            self._report(Resumed(self._about))
        if with_work:
            self._idle.reset()
        else:
            self._rest(self._idle.draw())

    def failed(self, error: HordeError) -> None:
        """Leave the server alone as long as a failure deserves.

        Raises WorkerError for one that will not pass.
        """
        unreachable = isinstance(error, HordeUnreachable)
        if error.rc in PATIENT:
            seconds = error.retry_after or self._timing.maintenance
        elif unreachable or isinstance(error, HordeBusy):
            seconds = max(error.retry_after or 0.0, self._retry.draw())
        else:
            raise WorkerError(_hopeless(error), url=self._horde, problem=error) from error
        said = texts.say("worker.unreachable", url=self._horde) if unreachable else str(error)
        if said != self._trouble:
            self._trouble = said
            self._report(Waiting(said, self._about))
        self._rest(seconds)

    def _rest(self, seconds: float) -> None:
        self._not_before = self._timing.clock() + seconds


def _hopeless(error: HordeError) -> str:
    """Return the code of what the operator is told."""
    if error.rc == UNKNOWN_MODELS[0] and UNKNOWN_MODELS[1] in str(error):
        return "worker.models_unknown"
    return HOPELESS.get(error.rc, "worker.not_accepted")
