"""What a room above may add to requests: commands of its own, a word before, and one after.

The program hands one in; this room knows nothing of what stands behind it. Each call may come
again after a crash, and has to bear that.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Protocol

from common.config import PlaceConfig
from common.model import Outcome
from request.adapter import Adapter
from request.allowed.terms import Payer
from request.calls import Call
from request.kept.leases import Lease
from request.kept.records import RequestRow
from styles.image_request import ImageRequest

NO_COMMANDS: Mapping[str, re.Pattern[str]] = MappingProxyType({})


class Extension(Protocol):
    """A room above, as requests see it."""

    @property
    def commands(self) -> Mapping[str, re.Pattern[str]]:
        """What may be said as a whole text, by the word it begins with.

        A text is this command if the pattern matches all of it, without mentions, politeness and
        a leading slash. `Command.word` is the word, `Command.argument` the whole text.
        """
        ...

    async def answer(self, call: Call) -> Outcome:
        """Do what one of these commands says. Raises Refusal if it cannot be done."""
        ...

    async def before(
        self, request: RequestRow, place: PlaceConfig, image: ImageRequest
    ) -> ImageRequest:
        """Return what is made instead of what was asked for, or just that. Raises Refusal."""
        ...

    async def payer(self, request: RequestRow) -> Payer | None:
        """Return who pays for a request; None: it is paid for as always."""
        ...

    async def offer(self, request: RequestRow, outcome: Outcome, adapter: Adapter) -> Outcome:
        """Return an answer that is about to be decided, with what may be done with it now."""
        ...

    async def after(
        self, lease: Lease, request: RequestRow, outcome: Outcome, adapter: Adapter
    ) -> None:
        """Hear of an answer that is posted, before it counts as done."""
        ...

    async def serve(self, lease: Lease, adapter: Adapter) -> None:
        """Do what is due on an account: called every few seconds by who holds its lease."""
        ...

    async def keeps(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that are still needed."""
        ...

    async def forget(self, lease: Lease, person: str) -> Sequence[str]:
        """Delete what is kept of a person on the lease's account. Doing it twice is fine.

        Returns the names of the picture files that were kept for them.
        """
        ...
