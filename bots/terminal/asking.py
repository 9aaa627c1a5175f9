"""The program itself as a platform: it asks many things at once and waits for each answer."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime

from bots.terminal.adapter import TerminalAdapter
from common.model import Audience, Incoming, Outcome, Part, Person, Place, Progress


class AskingAdapter:
    """Says what `ask` is given, and hands each answer back to who asked."""

    name = TerminalAdapter.name
    capabilities = TerminalAdapter.capabilities

    def __init__(self) -> None:
        self._said: asyncio.Queue[Incoming] = asyncio.Queue()
        self._waiting: dict[str, asyncio.Future[Outcome]] = {}

    async def ask(self, text: str, *, person: str, verb_optional: bool = True) -> Outcome:
        """Say a line and return the answer to it.

        `person` is who says it: limits of a person and `cancel` hold for each of them alone.
        """
        said = Incoming(
            place=Place(self.name),
            event=secrets.token_hex(8),
            person=Person(person, person),
            text=text,
            created=datetime.now(UTC),
            audience=Audience.PRIVATE,
            verb_optional=verb_optional,
        )
        answer: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._waiting[said.event] = answer
        self._said.put_nowait(said)
        try:
            return await answer
        finally:
            del self._waiting[said.event]

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield what is asked, as it is."""
        while True:
            yield await self._said.get()

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show nothing: only whole answers count."""

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Hand the answer to who waits for it, if somebody does."""
        answer = self._waiting.get(incoming.event)
        if answer is not None and not answer.done():
            answer.set_result(outcome)
        return f"{incoming.event}/{part.number}"

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Nothing said here outlives the command."""
        del incoming, part, known
        return None

    async def close(self) -> None:
        """Nothing to close."""
