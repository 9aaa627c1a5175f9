"""What this process is doing for requests this moment; it is gone with the process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field

from common.model import Progress
from request.intake import Intake
from request.making.progress import Tally


@dataclass(frozen=True, slots=True)
class AtWork:
    """Requests at work, by their ids."""

    running: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    """The task of each; the runner keeps it."""
    replying: set[str] = field(default_factory=set)
    """Those whose answer is being posted."""
    tallies: dict[str, Tally] = field(default_factory=dict)
    """How far the pictures of each are."""
    intake: Intake = field(default_factory=Intake)
    """Through which goes what is taken up after a restart."""

    def progress(self, request_id: str) -> Progress | None:
        """Return how far a request is, None if its pictures are not being made here."""
        tally = self.tallies.get(request_id)
        return None if tally is None else tally.progress()
