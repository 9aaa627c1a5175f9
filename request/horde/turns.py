"""Whose request is sent next where a Horde may be asked only so often.

People take turns: of everybody who waits, one submission goes out, then one of the next. So one
person's many pictures hold nobody else up for longer than one turn each. A Horde without limits
lets everybody through at once.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.running.rounds import Rounds
from common.running.tasks import cancel


@dataclass(frozen=True, slots=True)
class Standing:
    """Where somebody stands in our own queue."""

    place: int
    """1 is the next."""
    seconds: int
    """Until its turn, by the Horde's limits; 0 where nobody can tell."""


Tell = Callable[[Standing], None]


def _silently(_standing: Standing) -> None:
    """Tell nobody."""


@dataclass(eq=False, slots=True)
class _Ticket:
    turn: asyncio.Future[None]
    tell: Tell


class Turns:
    """The queue in front of one Horde.

    `budget` waits until one more submission is within the Horde's limits, and counts it; `pace` is
    how many seconds lie between two in the long run, 0 where there is no limit.

    A Horde that has enough of ours waiting is held: one is let through in so many seconds, or when
    something of ours has left its queue (`knock`), until one is taken (`let_go`).
    """

    def __init__(self, budget: Callable[[], Awaitable[None]], pace: Callable[[], float]) -> None:
        self._budget = budget
        self._pace = pace
        self._waiting = Rounds[_Ticket]()
        self._serving: asyncio.Task[None] | None = None
        self._held: float | None = None
        """Seconds between two that are let through while the Horde has enough of ours."""
        self._room = asyncio.Event()

    def hold(self, seconds: float) -> None:
        """Let only one through in so many seconds, or at a `knock`."""
        self._held = seconds
        self._room.clear()

    def knock(self) -> None:
        """Say that there may be room for one more."""
        self._room.set()

    def let_go(self) -> None:
        """Hold nobody any more."""
        self._held = None
        self._room.set()

    def __len__(self) -> int:
        """Return how many submissions wait for their turn."""
        return len(self._waiting)

    async def take(self, whose: str, tell: Tell = _silently) -> None:
        """Wait for a turn of somebody; `tell` hears where they stand whenever that changes."""
        if self._pace() == 0 and self._held is None:
            return
        ticket = _Ticket(asyncio.get_running_loop().create_future(), tell)
        self._waiting.add(whose, ticket)
        if self._serving is None:
            self._serving = asyncio.create_task(self._serve(), name="turns")
        self._tell(ticket, self._waiting.place(whose))
        try:
            await ticket.turn
        except asyncio.CancelledError:
            await self._leave(whose, ticket)
            raise

    async def _leave(self, whose: str, ticket: _Ticket) -> None:
        self._waiting.remove(whose, ticket)
        if not self._waiting and self._serving is not None:
            serving, self._serving = self._serving, None  # who comes meanwhile starts another
            await cancel(serving)

    async def _serve(self) -> None:
        """Give turns as long as somebody waits."""
        try:
            while self._waiting:
                await self._wait_for_room()
                await self._budget()
                self._give()
                for place, ticket in enumerate(self._waiting, start=1):
                    self._tell(ticket, place)
        finally:
            if self._serving is asyncio.current_task():
                self._serving = None

    async def _wait_for_room(self) -> None:
        if self._held is None:
            return
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._held):
                await self._room.wait()
        self._room.clear()

    def _give(self) -> None:
        """Give one turn to the next who still wants it."""
        while self._waiting:
            turn = self._waiting.next().turn
            if not turn.done():  # they may be leaving just now
                turn.set_result(None)
                return

    def _tell(self, ticket: _Ticket, place: int) -> None:
        seconds = math.ceil(place * self._pace()) if self._held is None else 0
        ticket.tell(Standing(place, seconds))
