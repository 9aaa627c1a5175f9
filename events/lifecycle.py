"""The state machine of an event. Pure: which step is possible, by whom, when the clock takes it.

    draft ─announce→ announced ─open→ open ─close→ closed ─vote→ voting ─count→ tally
       ─settle→ review ─award→ awarded ─promote→ promoted ─archive→ archived

A party goes from closed to awarded at once. A moderator may take every step before its time, and
`cancel`, `extend` and `judge`, which the clock never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from pydantic import ValidationError

from common.errors import Refusal
from events.model import FINAL, Event, Hold, Plan, State

HOUR, DAY = 3600.0, 24 * 3600.0
MINUTE = 60.0


class Step(StrEnum):
    """A transition. The value is what a moderator types."""

    ANNOUNCE = "announce"
    OPEN = "open"
    CLOSE = "close"
    VOTE = "vote"
    COUNT = "count"
    SETTLE = "settle"
    """The count is there: moderators may look at it."""
    AWARD = "award"
    PROMOTE = "promote"
    ARCHIVE = "archive"
    CANCEL = "cancel"
    EXTEND = "extend"
    """More time for entries, or for votes."""
    JUDGE = "judge"
    """Moderators name the winners instead of a vote."""


WAY: Mapping[State, tuple[Step, State]] = MappingProxyType(
    {
        State.DRAFT: (Step.ANNOUNCE, State.ANNOUNCED),
        State.ANNOUNCED: (Step.OPEN, State.OPEN),
        State.OPEN: (Step.CLOSE, State.CLOSED),
        State.CLOSED: (Step.VOTE, State.VOTING),
        State.VOTING: (Step.COUNT, State.TALLY),
        State.TALLY: (Step.SETTLE, State.REVIEW),
        State.REVIEW: (Step.AWARD, State.AWARDED),
        State.AWARDED: (Step.PROMOTE, State.PROMOTED),
        State.PROMOTED: (Step.ARCHIVE, State.ARCHIVED),
    }
)
"""The step that leads on from each state, and where to."""
EXTENDED: Mapping[State, State] = MappingProxyType(
    {
        State.OPEN: State.OPEN,
        State.CLOSED: State.OPEN,
        State.VOTING: State.VOTING,
        State.REVIEW: State.VOTING,
    }
)
JUDGED = frozenset({State.CLOSED, State.VOTING, State.TALLY, State.REVIEW})
CANCELLED = frozenset(set(State) - FINAL - {State.AWARDED, State.PROMOTED})
"""From when prizes are on their way nothing is cancelled any more."""
OWN = frozenset({Step.SETTLE, Step.PROMOTE})
"""Steps that follow from work being done: no moderator takes them."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the clock must know besides the event."""

    entries: int = 0
    """Entries that stand."""
    ballots: int = 0
    funded: bool = True
    """Whether what the prizes can cost is covered."""
    counted: bool = True
    """Whether polls on platforms are counted, or nobody waits for them any more."""
    paid: bool = True
    """Whether all prizes are paid, or wait for their winners."""


def way_on(plan: Plan, state: State) -> tuple[Step, State] | None:
    """Return the step that leads on from a state, and where to; None at an end."""
    if state is State.CLOSED and not plan.votes:
        return Step.AWARD, State.AWARDED
    return WAY.get(state)


def possible(plan: Plan, state: State) -> dict[Step, State]:
    """Return the steps a moderator may take from a state, and where each leads."""
    steps: dict[Step, State] = {}
    on = way_on(plan, state)
    if on is not None and on[0] not in OWN:
        steps[on[0]] = on[1]
    if state in EXTENDED:
        steps[Step.EXTEND] = EXTENDED[state]
    if state in JUDGED and plan.votes:
        steps[Step.JUDGE] = State.REVIEW
    if state in CANCELLED:
        steps[Step.CANCEL] = State.CANCELLED
    return steps


def after(plan: Plan, state: State, step: Step, *, clock: bool = False) -> State:
    """Return the state a step leads to. Raises Refusal where it cannot be taken."""
    on = way_on(plan, state)
    if clock and on is not None and on[0] is step:
        return on[1]
    steps = possible(plan, state)
    if step not in steps or clock:
        can = ", ".join(steps) or "-"
        raise Refusal("events.not_now", step=step.value, name=plan.name, state=state.value, can=can)
    return steps[step]


def due(plan: Plan, state: State, since: float) -> float | None:
    """Return the Unix time at which the clock leads an event on from a state; None: never."""
    times = plan.schedule
    announces = None if times.announces is None else times.announces.timestamp()
    times_by_state = {
        State.DRAFT: announces,
        State.ANNOUNCED: times.opens.timestamp(),
        State.OPEN: deadline(plan),
        State.CLOSED: since + times.looking_hours * HOUR,
        State.VOTING: since + times.voting_hours * HOUR,
        State.TALLY: since,
        State.REVIEW: since + times.review_hours * HOUR,
        State.AWARDED: since,
        State.PROMOTED: since + times.featured_days * DAY,
    }
    return times_by_state.get(state)


def deadline(plan: Plan) -> float:
    """Return the Unix time up to which an entry counts, grace included."""
    return plan.schedule.closes.timestamp() + plan.schedule.grace_minutes * MINUTE


def next_step(event: Event, facts: Facts, now: float) -> Step | Hold | None:
    """Return the step the clock takes now, why it has to wait for a moderator, or None."""
    if event.hold is not None or event.due is None or event.due > now:
        return None
    on = way_on(event.plan, event.state)
    if on is None:
        return None
    if held := _held(event, facts):
        return held
    if event.state is State.TALLY and not facts.counted:
        return None
    if event.state is State.AWARDED and not facts.paid:
        return None
    return on[0]


def _held(event: Event, facts: Facts) -> Hold | None:
    plan, judged = event.plan, bool((event.result or {}).get("judged"))
    if event.state is State.DRAFT and not facts.funded:
        return Hold.UNFUNDED
    if event.state is State.CLOSED and plan.votes and facts.entries < plan.voting.fewest_entries:
        return Hold.FEW_ENTRIES
    few = facts.ballots < plan.voting.fewest_votes
    if event.state is State.REVIEW and few and not judged:
        return Hold.FEW_VOTES
    return None


def takes_entries(event: Event, written: float) -> bool:
    """Tell whether an entry counts that was written then, by the platform's clock.

    What was written in time and heard late still counts until the voting begins.
    """
    return event.state in {State.OPEN, State.CLOSED} and written <= deadline(event.plan)


def takes_votes(event: Event, now: float) -> bool:
    """Tell whether votes count at that moment."""
    return event.state is State.VOTING and (event.due is None or now < event.due)


def extended(plan: Plan, state: State, *, hours: float, now: float, since: float) -> Plan:
    """Return a plan with so many hours more for entries or votes, counted from now."""
    times = plan.schedule
    if EXTENDED[state] is State.OPEN:
        closes = max(datetime.fromtimestamp(now, UTC), times.closes) + timedelta(hours=hours)
        change: dict[str, object] = {"closes": closes}
    elif state is State.VOTING:
        end = max(now, since + times.voting_hours * HOUR)
        change = {"voting_hours": (end - since) / HOUR + hours}
    else:
        change = {"voting_hours": hours}
    return plan.model_copy(update={"schedule": times.model_copy(update=change)})


def check_fits(plan: Plan) -> None:
    """Refuse a changed plan that could not be kept: too long, by its own bounds. Raises Refusal."""
    try:
        Plan.model_validate(plan.model_dump())
    except ValidationError as error:
        raise Refusal("events.too_long", name=plan.name) from error


def taken_early(plan: Plan, step: Step, now: float) -> Plan:
    """Return a plan whose times say that a step was taken now, before or after its time."""
    at = datetime.fromtimestamp(now, UTC)
    if step is Step.OPEN and at < plan.schedule.closes:
        announces = plan.schedule.announces  # it was, by then, whenever it was to be
        change: dict[str, object] = {"opens": at, "announces": announces and min(announces, at)}
    elif step is Step.CLOSE and at < plan.schedule.closes:
        change = {"closes": max(at, plan.schedule.opens + timedelta(seconds=1)), "grace_minutes": 0}
    else:
        return plan
    return plan.model_copy(update={"schedule": plan.schedule.model_copy(update=change)})
