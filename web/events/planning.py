"""The form in which an event is planned, with all it would post and cost before it is kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus

from aiohttp import web

from common.errors import Refusal
from common.texts import knows, say
from events.model import Event, Kind
from events.rehearsal import Rehearsal, strangers
from events.when import when
from events.wizard import QUESTIONS, Ask, Question, Unfit, answers_of, plan_of, suggested
from web.events.dossier import called
from web.events.gate import Gate, Sent
from web.events.routes import NAME

MINUTES = 16
"""Characters of `2027-09-21T18:00`, as a browser's own field for dates has it."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What the form shows."""

    action: str
    answers: Mapping[str, str]
    event: Event | None = None
    """Whose plan is changed; None: a new one."""
    seen: int = 0
    faults: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with an answer, by question."""
    problem: str = ""
    rehearsal: Rehearsal | None = None
    """How the plan would go, if that was asked."""
    strangers: Sequence[str] = ()
    """Where it would not be posted, since the bot has no such account."""


class PlanPages:
    """Handlers of the form. `accounts` are the bot's, which events can be posted on."""

    def __init__(self, gate: Gate, accounts: Sequence[str], now: Callable[[], float]) -> None:
        self._gate = gate
        self._accounts = accounts
        self._now = now

    def add_to(self, router: web.UrlDispatcher) -> None:
        """Give each handler its address."""
        router.add_get("/organise/new", self.begin)
        router.add_post("/organise/new", self.draft)
        router.add_get(f"/organise/events/{NAME}/plan", self.show)
        router.add_post(f"/organise/events/{NAME}/plan", self.replan)

    async def begin(self, request: web.Request) -> web.Response:
        """Show the form with what most organisers answer."""
        visitor = await self._gate.enter(request)
        answers = suggested(datetime.fromtimestamp(self._now(), UTC))
        return self._page(visitor, Draft(request.path, answers))

    async def show(self, request: web.Request) -> web.Response:
        """Show the form with the plan of an event."""
        visitor, event = await self._gate.enter(request), await self._gate.event(request)
        seen = await self._gate.office.version(event)
        return self._page(visitor, Draft(request.path, answers_of(event.plan), event, seen))

    async def draft(self, request: web.Request) -> web.Response:
        """Show how it would go, or keep it as a draft."""
        return await self._take(request, await self._gate.receive(request), None)

    async def replan(self, request: web.Request) -> web.Response:
        """Show how it would go, or put it in the place of the plan there was."""
        sent = await self._gate.receive(request)
        return await self._take(request, sent, await self._gate.event(request))

    async def _take(self, request: web.Request, sent: Sent, event: Event | None) -> web.Response:
        answers = {one.code: sent.field(one.code) for one in QUESTIONS}
        seen = sent.order.seen or 0
        faults: Mapping[str, str] = {}
        rehearsal, problem, elsewhere = None, "", tuple[str, ...]()
        try:
            plan = plan_of(answers, None if event is None else event.plan)
            if sent.field("do") == "keep":
                kept = await (
                    self._gate.office.draft(plan, sent.who)
                    if event is None
                    else self._gate.office.replan(event, plan, sent.order)
                )
                raise web.HTTPSeeOther(f"/organise/events/{kept.name}?done=1")
            rehearsal = self._gate.office.rehearse(plan)
            elsewhere = strangers(plan, self._accounts)
        except Unfit as unfit:
            faults = unfit.faults
        except Refusal as refusal:
            problem = str(refusal)
        shown = Draft(request.path, answers, event, seen, faults, problem, rehearsal, elsewhere)
        return self._page(sent.form.visitor, shown)

    def _page(self, visitor: str, draft: Draft) -> web.Response:
        wrong = draft.faults or draft.problem
        return self._gate.page(
            visitor,
            "organise_plan.html",
            HTTPStatus.CONFLICT if wrong else HTTPStatus.OK,
            draft=draft,
            questions=[one for one in QUESTIONS if not one.more],
            more=[one for one in QUESTIONS if one.more],
            kinds=[kind.value for kind in Kind],
            accounts=self._accounts,
            written=written,
            asked=asked,
            when=when,
            called=called,
        )


def asked(question: Question) -> str:
    """Return a question as the form asks it, where that differs from the terminal."""
    own = f"organise.ask_{question.code}"
    return say(own if knows(own) else f"event_wizard.{question.code}")


def written(question: Question, text: str) -> str:
    """Return an answer as its field in the form takes it."""
    if question.ask is not Ask.MOMENT or not text:
        return text
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""  # a browser's field for dates shows no text that is none
    if moment.tzinfo is not None:
        moment = moment.astimezone(UTC)
    return moment.isoformat()[:MINUTES]
