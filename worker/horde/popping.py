"""Getting jobs: how often to ask, and what each refusal means for the next time."""

from __future__ import annotations

from contextlib import suppress

from common import texts
from common.errors import HordeBusy, HordeError, HordeUnreachable, WorkerError
from common.horde.outcomes import shorten
from common.horde.work import PopBody, Popped
from worker.events import Notice, Report, Resumed, Skipped, Waiting
from worker.horde.client import WireClient
from worker.horde.upkeep import come_back, is_leave
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
"""Return codes that only the operator can do something about, with what he is told."""
UNKNOWN_MODELS = ("BadRequest", "unrecognised models")
"""Code and words with which a server turns away a worker of whose models it knows none."""
NOT_LISTED = "bridge_version"
"""For what a server skips jobs that it does not give to a program of this name."""


class Popper:
    """Asks one server for jobs, and says once why there are none."""

    def __init__(self, horde: WireClient, *, report: Report, timing: Timing) -> None:
        self._horde = horde
        self._report = report
        self._timing = timing
        self._idle = Backoff(timing.idle, timing.random)
        self._retry = Backoff(timing.retry, timing.random)
        self._not_before = 0.0
        self._came_back = False
        self._trouble = ""
        self._skipped: frozenset[str] = frozenset()
        self._messages: set[str] = set()

    def wait(self) -> float:
        """Return the seconds until the server may be asked again."""
        return max(self._not_before - self._timing.clock(), 0.0)

    async def pop(self, body: PopBody) -> Popped | None:
        """Ask once. None if there is nothing; `wait` then says when to ask again.

        Raises WorkerError if asking again is of no use.
        """
        try:
            popped = await self._horde.pop(body)
        except HordeError as error:
            if not await self._comes_back(body.name, error):
                self._rest(self._patience(error))
            return None
        self._all_is_well()
        self._pass_on(popped)
        if popped.id is None:
            self._rest(self._idle.draw())
            return None
        self._idle.reset()
        return popped

    async def _comes_back(self, name: str, error: HordeError) -> bool:
        """Take back the maintenance that the last stop of this worker left; once."""
        if self._came_back or error.rc != "WorkerMaintenance" or not is_leave(str(error)):
            return False
        self._came_back = True
        with suppress(HordeError):
            await come_back(self._horde, name)
            return True
        return False

    def _rest(self, seconds: float) -> None:
        self._not_before = self._timing.clock() + seconds

    def _patience(self, error: HordeError) -> float:
        """Return how long this failure deserves. Raises WorkerError for one that will not pass."""
        if error.rc in PATIENT:
            seconds = error.retry_after or self._timing.maintenance
        elif isinstance(error, HordeBusy):
            seconds = max(error.retry_after or 0.0, self._retry.draw())
        elif isinstance(error, HordeUnreachable):
            seconds = self._retry.draw()
        else:
            code = HOPELESS.get(error.rc, "worker.not_accepted")
            if error.rc == UNKNOWN_MODELS[0] and UNKNOWN_MODELS[1] in str(error):
                code = "worker.models_unknown"
            raise WorkerError(code, url=self._horde.name, problem=error) from error
        trouble = _explain(error, self._horde.name)
        if trouble != self._trouble:
            self._trouble = trouble
            self._report(Waiting(trouble, self._horde.name))
        return seconds

    def _all_is_well(self) -> None:
        self._retry.reset()
        if self._trouble:
            self._trouble = ""
            self._report(Resumed(self._horde.name))

    def _pass_on(self, popped: Popped) -> None:
        """Tell the operator what the server says beside the job: once each."""
        for message in popped.messages[:10]:
            text = shorten(str(message.get("message") or ""))
            if text and text not in self._messages and len(self._messages) < 1000:
                self._messages.add(text)
                self._report(Notice(texts.say("worker.message", message=text)))
        reasons = {name[:40]: count for name, count in popped.skipped.items() if count}
        if popped.id is None and reasons and frozenset(reasons) != self._skipped:
            self._skipped = frozenset(reasons)
            shown = ", ".join(f"{name} ({count})" for name, count in sorted(reasons.items()))
            self._report(Skipped(shown))
            if NOT_LISTED in reasons:
                self._report(Notice(texts.say("worker.not_listed", url=self._horde.name)))


def _explain(error: HordeError, url: str) -> str:
    if isinstance(error, HordeUnreachable):
        return texts.say("worker.unreachable", url=url)
    return str(error)
