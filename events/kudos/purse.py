"""The purse of events (`events/purse.py`) that is filled with kudos."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from common.errors import Refusal
from common.model import Job
from events.entries.entry_store import EntryStore
from events.kudos.treasury import Treasury
from events.linking.links import Links
from events.model import Entry, Event, State
from events.prizes import Award, Entrant, award
from request.allowed.terms import Payer
from request.kept.leases import Lease


class KudosPurse:
    """Pays the prizes of events in kudos, and the pictures of parties.

    `horde` is the name of the endpoint whose kudos they are, None where events have no prizes.
    """

    def __init__(
        self, treasury: Treasury, entries: EntryStore, links: Links, *, horde: str | None
    ) -> None:
        self.treasury = treasury
        self._entries = entries
        self._links = links
        self._horde = horde

    async def check(self, event: Event) -> None:
        """Prove that all an event promises can be paid, and set it aside. Raises Refusal."""
        await self.treasury.secure(event.id, event.plan.prizes)

    async def award(self, lease: Lease, event: Event) -> None:
        """Write down what an event's result gives to whom. Doing it twice is fine."""
        awards = await self.planned(event)
        if not awards:
            return
        names = await self._links.horde_names({one.payee for one in awards})
        try:
            await self.treasury.ledger.award(lease, event.id, awards, names)
        except Refusal:  # a sponsor has left since the announcement: what they gave is found anew
            await self.check(event)
            await self.treasury.ledger.award(lease, event.id, awards, names)

    async def planned(self, event: Event) -> tuple[Award, ...]:
        """Return what an event's result, as it stands, gives to whom."""
        prizes = event.plan.prizes
        if not (prizes.participation or prizes.places):
            return ()
        standing = [one for one in await self._entries.standing(event) if one.entrant]
        marks = {one.entrant for one in standing}
        people = await self._links.people(marks)
        by_number = {one.number: one for one in standing}
        numbers = (event.result or {}).get("winners", ())

        def entrant(entry: Entry) -> Entrant:
            return Entrant(people[entry.entrant], entry.entrant)

        return award(
            prizes,
            [entrant(one) for one in standing],
            [entrant(by_number[number]) for number in numbers if number in by_number],
        )

    async def is_paid(self, event: Event) -> bool:
        """Tell whether nothing is on its way: all is sent, refused, or waits for its winner."""
        return await self.treasury.is_settled(event.id)

    async def payer(self, event: Event, jobs: Sequence[Job]) -> Payer | None:
        """Return the party's shared key for pictures it pays for; larger ones are paid as always.

        The Horde does not explain itself when a shared key's caps are passed, so it is not asked.
        """
        prizes = event.plan.prizes
        if self._horde is None or not prizes.pictures or event.state is not State.OPEN:
            return None
        fits = all(
            prizes.pays_for(width=job.width, height=job.height, steps=job.steps) for job in jobs
        )
        key = await self.treasury.party.payer(event.id) if fits else None
        return None if key is None else Payer(self._horde, key)

    async def receipts(self, event: Event) -> list[dict[str, Any]]:
        """Return what was sent, without names, as it may be published."""
        return [asdict(one) for one in await self.treasury.ledger.receipts(event.id)]

    async def serve(self, lease: Lease) -> None:
        """Send what is due, and give up what nobody claimed in time."""
        await self.treasury.pay(lease)
