"""Waiting for a Horde to finish a job: what it says meanwhile is passed on, and has an end."""

from __future__ import annotations

import asyncio

from common import texts
from common.horde.wire import Check, Status
from request.horde.hordes import Endpoint, Hordes
from request.kept.records import JobRow
from request.making.progress import Tally


class Impossible(Exception):
    """Nobody can make a job where it is; `elsewhere` is whether another Horde may have somebody."""

    def __init__(self, *, elsewhere: bool) -> None:
        super().__init__()
        self.elsewhere = elsewhere


class Wait:
    """One job at one Horde. Thousands are held, so it is small, and a timer runs only in need."""

    __slots__ = (
        *("_elsewhere", "_ended", "_endpoint", "_hordes", "_patience", "_row", "_tally"),
        *("_timer", "_waiting"),
    )

    def __init__(
        self,
        hordes: Hordes,
        endpoint: Endpoint,
        row: JobRow,
        tally: Tally,
        *,
        elsewhere: bool,
        patience: float,
    ) -> None:
        """Take a job that was sent, and the seconds for which nobody may be able to make it.

        `elsewhere` is whether another Horde could.
        """
        self._hordes = hordes
        self._endpoint = endpoint
        self._row = row
        self._tally = tally
        self._elsewhere = elsewhere
        self._patience = patience
        self._waiting = row.job.n
        self._timer: asyncio.TimerHandle | None = None
        assert row.horde_id is not None
        self._ended = endpoint.poller.watch(row.horde_id, self._hear)

    @property
    def ended(self) -> asyncio.Future[Status]:
        """What will be the final status. It raises Impossible when patience is at its end."""
        return self._ended

    def stop(self) -> None:
        """Lose patience no more."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _hear(self, check: Check) -> None:
        self._tally.looked(self._row.number, check)
        self._hordes.looked(self._endpoint, self._row.job, check)
        if check.waiting < self._waiting:
            self._endpoint.turns.knock()
        self._waiting = check.waiting
        if check.is_possible:
            self.stop()
            return
        self._tally.held_up(texts.say("progress.impossible"))
        if self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(self._patience, self._give_up)

    def _give_up(self) -> None:
        if not self._ended.done():
            self._ended.set_exception(Impossible(elsewhere=self._elsewhere))
            self._ended.exception()  # perhaps nobody waits for it any more
