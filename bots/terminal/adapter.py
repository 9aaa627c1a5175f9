"""The command line as a platform: one person, one request, pictures into a folder."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import AsyncIterator, Callable, Collection
from dataclasses import replace
from datetime import UTC, datetime

from common.model import (
    Audience,
    Incoming,
    Outcome,
    Part,
    Person,
    Place,
    Progress,
)
from request.adapter import Capabilities

NAME = "terminal"


class TerminalAdapter:
    """Says one line, and keeps the answer."""

    name = NAME
    capabilities = Capabilities(
        text_length=100_000,
        pictures_per_reply=1000,
        picture_bytes=2**31,
        live_progress=True,
        private_replies=True,
        reply_timeout=5.0,
        pressed=True,
    )

    def __init__(self, text: str, show: Callable[[Progress], None]) -> None:
        """Take the line to say, and what to call with news of it."""
        self._text = text
        self._event = secrets.token_hex(8)
        self._show = show
        self.answered = asyncio.Event()
        self.outcome: Outcome | None = None
        self._regret = asyncio.Event()
        self._withdrawn = asyncio.Event()

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield the one line, and the wish to cancel it if it is withdrawn."""
        said = Incoming(
            place=Place(NAME),
            event=self._event,
            person=Person("operator", "operator"),
            text=self._text,
            created=datetime.now(UTC),
            audience=Audience.PRIVATE,
            verb_optional=True,
        )
        yield said
        await self._regret.wait()
        yield replace(said, event=secrets.token_hex(8), text="cancel", verb_optional=False)
        await asyncio.Event().wait()

    async def withdraw(self) -> None:
        """Take the line back; returns when the Horde has been told that nobody waits for it."""
        self._regret.set()
        await self._withdrawn.wait()

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show how far it is."""
        del incoming
        self._show(progress)

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Keep the answer, or note that nobody waits for one any more."""
        if incoming.event == self._event:
            self.outcome = outcome
            self.answered.set()
        else:
            self._withdrawn.set()
        return f"{incoming.event}/{part.number}"

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Nothing said here outlives the command."""
        del incoming, part, known
        return None

    async def close(self) -> None:
        """Nothing to close."""
