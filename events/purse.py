"""What the lifecycle must know of money: is it there, is it given, is it all sent."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from common.errors import Refusal
from common.model import Job
from events.model import Event
from request.allowed.terms import Payer
from request.kept.leases import Lease


class Purse(Protocol):
    """Pays the prizes of events; without prizes nothing is asked of it."""

    async def check(self, event: Event) -> None:
        """Refuse an event whose prizes are not covered in the worst case. Raises Refusal."""
        ...

    async def award(self, lease: Lease, event: Event) -> None:
        """Write down what an event's result gives to whom. Doing it twice is fine."""
        ...

    async def is_paid(self, event: Event) -> bool:
        """Tell whether all is sent, or waits for winners who have named no account."""
        ...

    async def payer(self, event: Event, jobs: Sequence[Job]) -> Payer | None:
        """Return who pays for pictures made in an event; None: they are paid for as always."""
        ...

    async def receipts(self, event: Event) -> list[dict[str, Any]]:
        """Return what was sent, without names, as it may be published."""
        ...

    async def serve(self, lease: Lease) -> None:
        """Send what is due: called every few seconds by who holds the clock's lease."""
        ...


class NoPurse:
    """There is no money: challenges run without prizes."""

    async def check(self, event: Event) -> None:
        """Refuse what promises a prize."""
        if event.plan.prizes.any:
            raise Refusal("events.no_purse", name=event.name)

    async def award(self, lease: Lease, event: Event) -> None:
        """Give nothing."""

    async def is_paid(self, event: Event) -> bool:
        """Owe nothing."""
        del event
        return True

    async def payer(self, event: Event, jobs: Sequence[Job]) -> Payer | None:
        """Pay for nothing."""
        del event, jobs
        return None

    async def receipts(self, event: Event) -> list[dict[str, Any]]:
        """Return none."""
        del event
        return []

    async def serve(self, lease: Lease) -> None:
        """Send nothing."""
