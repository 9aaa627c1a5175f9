"""From what was heard to jobs that are kept, or to an answer in words: received → working."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from common import texts
from common.config import PlaceConfig
from common.errors import Refusal
from common.model import Outcome
from request.adapter import Adapter
from request.admission import Admission
from request.allowed import policy
from request.allowed.conditions import Conditions
from request.answering import answers
from request.answering.decisions import Decisions
from request.answering.doubts import Doubts
from request.at_work import AtWork
from request.calls import Call
from request.grammar import Command
from request.kept.leases import Lease
from request.kept.records import RequestRow, RequestState
from request.kept.store import Store
from request.making.planning import Planning
from request.making.prices import Prices
from request.talking.commands import FORGETTING, HEARD_ANYWAY, Commands, is_above
from request.wanted.reading import Hint, Reading, Told, Wanted
from request.withdrawal import Withdrawal
from styles import image_request

UNKNOWN = "refused.no_parent"


class Understanding:
    """Reads requests, asks whether they may be, and plans them."""

    def __init__(
        self,
        *,
        conditions: Conditions,
        store: Store,
        reading: Reading,
        planning: Planning,
        commands: Commands,
        prices: Prices,
        admission: Admission,
        decisions: Decisions,
        withdrawal: Withdrawal,
        at_work: AtWork,
        doubts: Doubts,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._conditions = conditions
        self._store = store
        self._reading = reading
        self._planning = planning
        self._commands = commands
        self._prices = prices
        self._admission = admission
        self._decisions = decisions
        self._withdrawal = withdrawal
        self._at_work = at_work
        self._now = now
        self._telling = asyncio.Lock()
        self._doubts = doubts

    async def understand(self, lease: Lease, request: RequestRow, adapter: Adapter) -> RequestRow:
        """Read a request and plan its jobs; whatever is declined is answered at once."""
        others = partial(self._at_work.intake.leave, request.id)  # whose turn it is meanwhile
        noted = await self._doubts.settled(request.incoming, waits=others)
        stopped = await self._commands.unheard(request.incoming)
        place = await self._conditions.place(request.incoming, adapter)
        try:
            wanted = await self._reading.read(request, self._conditions.limits(place))
            heard_anyway = isinstance(wanted, Command) and wanted.name in HEARD_ANYWAY
            if wanted is None or (stopped and not heard_anyway):
                return await self._pass_over(lease, request, stopped=stopped)
            if not heard_anyway:
                policy.check_served(request.incoming)
            if not (heard_anyway or is_above(wanted, request.incoming)):
                policy.check_enabled(place)
            match wanted:
                case Wanted():
                    return await self._begin(lease, request, wanted, adapter, place)
                case Hint():
                    outcome = answers.told(request.id, wanted.text, code=wanted.code)
                case Told():
                    outcome = answers.told(request.id, wanted.text)
                case Command():
                    withdraw = partial(self._withdrawal.withdraw, adapter=adapter)
                    progress = self._at_work.progress
                    call = Call(wanted, lease, request, adapter, place, withdraw, progress)
                    outcome = _with_way_to_draw(call, await self._commands.answer(call))
        except Refusal as refusal:
            quiet = adapter.capabilities.quiet and place.enabled is False
            if not request.incoming.expects and (stopped or quiet):
                return await self._drop(lease, request)
            outcome = _declined(request, refusal, noted=noted)
        return await self._tell(lease, request, outcome)

    async def _begin(
        self,
        lease: Lease,
        request: RequestRow,
        wanted: Wanted,
        adapter: Adapter,
        place: PlaceConfig,
    ) -> RequestRow:
        """Plan what is wanted and keep its jobs, if the person may ask. Raises Refusal."""
        await self._admission.check(request, place, wanted.image)
        image = await self._commands.extension.before(request, place, wanted.image)
        wanted = replace(wanted, image=image)
        plan = await self._planning.plan(
            request.incoming,
            wanted,
            place,
            self._conditions.limits(place),
            can=adapter.capabilities,
        )
        terms = self._conditions.terms(request.incoming, place, plan.image)
        if plan.image.price:
            price = await self._prices.told(plan.jobs, terms)
            return await self._tell(lease, request, answers.told(request.id, price))
        parsed = image_request.to_json(plan.image)
        async with self._admission.admitted(request, place, plan, terms) as charges:
            await self._store.resolved(
                lease,
                request.id,
                parsed=parsed,
                rng_seed=wanted.rng_seed,
                parent=wanted.parent,
                planned=plan.jobs,
                notes=plan.notes,
                charges=charges,
            )
        understood = replace(request, parsed=parsed, notes=plan.notes, parent=wanted.parent)
        return replace(understood, rng_seed=wanted.rng_seed, state=RequestState.WORKING)

    async def _tell(self, lease: Lease, request: RequestRow, outcome: Outcome) -> RequestRow:
        """Answer in words, unless the person was told just that, or enough, a while ago."""
        incoming = request.incoming
        async with self._telling:  # who writes twice at once is told once
            if not (incoming.expects or outcome.code == FORGETTING):
                told = await self._store.told_to_person(request, since=self._now() - policy.DAY)
                if policy.heard_enough(told, outcome.code, now=self._now()):
                    return await self._drop(lease, request)
            return await self._decisions.decide(lease, request, outcome)

    async def _pass_over(self, lease: Lease, request: RequestRow, *, stopped: bool) -> RequestRow:
        """Say nothing, unless the person is shown that an answer is due."""
        if not request.incoming.expects:
            return await self._drop(lease, request)
        text = texts.say("answer.stopped" if stopped else "help.not_understood")
        return await self._decisions.decide(lease, request, answers.told(request.id, text))

    async def _drop(self, lease: Lease, request: RequestRow) -> RequestRow:
        """Close what asks for nothing, without a word."""
        await self._store.ended(lease, request.id, RequestState.CANCELLED)
        return replace(request, state=RequestState.CANCELLED)


def _with_way_to_draw(call: Call, outcome: Outcome) -> Outcome:
    """Return the answer to a command; who said it where a prompt goes is told how it is drawn."""
    incoming = call.incoming
    if not incoming.verb_optional:
        return outcome
    words = " ".join(incoming.text.split())
    return replace(outcome, text=f"{outcome.text}\n{texts.say('help.as_prompt', words=words)}")


def _declined(request: RequestRow, refusal: Refusal, *, noted: bool) -> Outcome:
    """Return the answer to what is declined; what is in doubt is not called unknown."""
    if refusal.code == UNKNOWN and not noted:
        refusal = Refusal("refused.not_noted")
    return answers.refused(request.id, refusal)
