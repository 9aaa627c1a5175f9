"""What organisers do on the page, handed to the same parts as in the chat and in the terminal."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from common.errors import Refusal
from common.texts import say
from events.kudos.purse import KudosPurse
from events.kudos.records import Purpose
from events.kudos.statement import state
from events.kudos.treasury import Treasury
from events.lifecycle import Step
from events.model import Event, Plan, State
from events.rehearsal import Rehearsal
from events.room import Parts
from events.store import WHY_LENGTH
from events.wishes import read_winners
from web.events.dossier import PER_PAGE, Dossier

PLANNED = frozenset({State.DRAFT, State.ANNOUNCED})


@dataclass(frozen=True, slots=True)
class Order:
    """A form about an event: who sent it, and of which state of the event."""

    who: str
    seen: int | None
    """Lines in the log of the event when the form was made."""


class Office:
    """Events as organisers see them, and what they do. Every deed is in the event's log."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._turn = asyncio.Lock()

    # --- looking ----------------------------------------------------------------------------

    async def all(self) -> list[Event]:
        """Return all events, drafts too, newest first."""
        return await self._parts.events.all()

    async def event(self, name: str) -> Event | None:
        """Return an event by its name or id."""
        return await self._parts.events.find(name)

    def rehearse(self, plan: Plan) -> Rehearsal:
        """Return how a plan would go; nothing is kept, posted or spent."""
        return self._parts.steps.rehearse(plan)

    async def dossier(self, event: Event, page: int) -> Dossier:
        """Return what an organiser sees of an event, with one page of its entries."""
        # the log first: what changes meanwhile makes the page old, and its forms are refused
        log = await self._parts.events.log(event.id)
        event = await self._parts.events.event(event.id)
        facts = await self._parts.entries.facts(event)
        hidden = await self._parts.entries.hidden_count(event)
        pages = max(1, -(-(facts.entries + hidden) // PER_PAGE))
        page = min(max(page, 1), pages)
        treasury = self._treasury
        return Dossier(
            event=event,
            facts=facts,
            hidden=hidden,
            entries=await self._parts.entries.shelf(
                event, skip=(page - 1) * PER_PAGE, most=PER_PAGE
            ),
            page=page,
            pages=pages,
            money=None if treasury is None else await state(treasury, event),
            posts=await self._parts.outbox.of(event),
            log=log,
            rehearsal=self.rehearse(event.plan) if event.state in PLANNED else None,
        )

    async def version(self, event: Event) -> int:
        """Return by which a form knows whether an event is still as its page showed it."""
        return len(await self._parts.events.log(event.id))

    # --- doing: each raises Refusal with a sentence ---------------------------------------------

    async def draft(self, plan: Plan, who: str) -> Event:
        """Write a new event down; sent twice, its name is taken."""
        return await self._parts.events.drafted(plan, who)

    async def replan(self, event: Event, plan: Plan, order: Order) -> Event:
        """Put another plan in the place of an event's."""
        async with self._turn:
            await self._check(event, order)
            return await self._parts.steps.replan(event, plan, order.who)

    async def step(
        self, event: Event, step: Step, order: Order, *, why: str, hours: float | None, winners: str
    ) -> Event:
        """Take a step before its time, or one that only organisers take."""
        async with self._turn:
            await self._check(event, order)
            return await self._parts.steps.take(
                event,
                step,
                order.who,
                why=why[:WHY_LENGTH],
                hours=hours,
                winners=read_winners(winners),
            )

    async def hide(self, event: Event, number: int, why: str, order: Order) -> None:
        """Hide an entry, with the reason."""
        async with self._turn:
            await self._check(event, order)
            if not why:
                raise Refusal("organise.why_missing", number=number)
            await self._parts.entries.hidden(event, number, order.who, why)

    async def unhide(self, event: Event, number: int, order: Order) -> None:
        """Show a hidden entry again."""
        async with self._turn:
            await self._check(event, order)
            await self._parts.entries.unhidden(event, number, order.who)

    async def invite(self, event: Event, purpose: Purpose, order: Order) -> str:
        """Return the token of a link for one sponsor."""
        async with self._turn:
            await self._check(event, order)
            token = await self._money().sponsors.invite(event.id, purpose)
            await self._parts.events.noted(event, "sponsor", order.who, purpose.value)
        return token

    async def dismiss(self, event: Event, fund: str, order: Order) -> str:
        """Delete a sponsor's key; return a sentence."""
        async with self._turn:
            await self._check(event, order)
            removal = await self._money().sponsors.dismiss(event.id, event.name, fund)
            await self._parts.events.noted(event, "unsponsor", order.who, fund)
        return say("payout.removed", kudos=removal.unpaid)

    async def retry(self, event: Event, order: Order) -> str:
        """Have transfers tried again that were refused; return a sentence."""
        async with self._turn:
            await self._check(event, order)
            count = await self._money().ledger.retry(event.id)
            await self._parts.events.noted(event, "retry", order.who, str(count))
        return say("organise.retried", count=count)

    # --- inside -----------------------------------------------------------------------------

    async def _check(self, event: Event, order: Order) -> None:
        """Refuse a form of an event that has changed since: sent twice, it is taken once."""
        if order.seen != await self.version(event):
            raise Refusal("events.moved", name=event.name)

    def _money(self) -> Treasury:
        if self._treasury is None:
            raise Refusal("kudos.no_horde")
        return self._treasury

    @property
    def _treasury(self) -> Treasury | None:
        purse = self._parts.purse
        return purse.treasury if isinstance(purse, KudosPurse) else None
