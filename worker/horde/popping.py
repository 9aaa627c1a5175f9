"""Getting jobs from one server, and telling what it says beside them."""

from __future__ import annotations

from contextlib import suppress

from common import texts
from common.errors import HordeError
from common.horde.outcomes import shorten
from common.horde.work import PopBody, Popped
from worker.events import Notice, Report, Skipped
from worker.horde.asking import Asking
from worker.horde.client import WireClient
from worker.horde.upkeep import come_back, is_leave
from worker.timing import Timing

NOT_LISTED = "bridge_version"
"""For what a server skips jobs that it does not give to a program of this name."""


class Popper:
    """Asks one server for jobs, and says once why there are none."""

    def __init__(self, horde: WireClient, *, report: Report, timing: Timing) -> None:
        self._horde = horde
        self._report = report
        self._asking = Asking(horde.name, horde.name, report=report, timing=timing)
        self._came_back = False
        self._skipped: frozenset[str] = frozenset()
        self._messages: set[str] = set()

    def wait(self) -> float:
        """Return the seconds until the server may be asked again."""
        return self._asking.wait()

    async def pop(self, body: PopBody) -> Popped | None:
        """Ask once. None if there is nothing; `wait` then says when to ask again.

        Raises WorkerError if asking again is of no use.
        """
        try:
            popped = await self._horde.pop(body)
        except HordeError as error:
            if not await self._comes_back(body.name, error):
                self._asking.failed(error)
            return None
        self._asking.answered(with_work=popped.id is not None)
        self._pass_on(popped)
        return None if popped.id is None else popped

    async def _comes_back(self, name: str, error: HordeError) -> bool:
        """Take back the maintenance that the last stop of this worker left; once."""
        if self._came_back or error.rc != "WorkerMaintenance" or not is_leave(str(error)):
            return False
        self._came_back = True
        with suppress(HordeError):
            await come_back(self._horde, name)
            return True
        return False

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
