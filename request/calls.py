"""A command somebody gave, with all it takes to carry it out."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from common.config import PlaceConfig
from common.model import Incoming, Progress
from request.adapter import Adapter
from request.grammar import Command
from request.kept.leases import Lease
from request.kept.records import RequestRow


@dataclass(frozen=True, slots=True)
class Call:
    """One command."""

    command: Command
    lease: Lease
    request: RequestRow
    """The request that the command is."""
    adapter: Adapter
    place: PlaceConfig
    """What holds there for the person."""
    withdraw: Callable[[Lease, str], Awaitable[None]]
    """Takes a running request back."""
    progress: Callable[[str], Progress | None]
    """Tells how far a request is."""

    @property
    def incoming(self) -> Incoming:
        """What was written, by whom and where."""
        return self.request.incoming
