"""Taking up what an earlier life has left open: a few at a time, and people by turns.

After a restart thousands may wait. All at once they would keep whoever asks now, and the lease
itself, from the database. One that only waits for somebody else makes room for the next.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from common.running.rounds import Rounds

AT_ONCE = 4
"""Requests that are being taken up; fewer than half the connections a database has for us."""


@dataclass(eq=False, slots=True)
class _Ticket:
    request: str
    turn: asyncio.Future[None]


class Intake:
    """The door for what is taken up. Who came first goes first, then one of the next person."""

    def __init__(self, most: int = AT_ONCE) -> None:
        self._most = most
        self._inside: set[str] = set()
        self._waiting = Rounds[_Ticket]()

    async def enter(self, request_id: str, whose: str) -> None:
        """Wait for the turn of a request of somebody; `leave` ends it."""
        loop = asyncio.get_running_loop()
        ticket = _Ticket(request_id, loop.create_future())
        self._waiting.add(whose, ticket)
        loop.call_soon(self._admit)  # when all that are taken up together stand in line
        try:
            await ticket.turn
        except asyncio.CancelledError:
            self.leave(request_id)
            raise

    def leave(self, request_id: str) -> None:
        """Make room: the request is answered, or waits for somebody else. Twice is fine."""
        self._inside.discard(request_id)
        self._admit()

    def _admit(self) -> None:
        while self._waiting and len(self._inside) < self._most:
            ticket = self._waiting.next()
            if not ticket.turn.done():  # they may have gone
                self._inside.add(ticket.request)
                ticket.turn.set_result(None)
