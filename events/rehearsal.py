"""What an event would post and cost, without posting or spending anything. Pure."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from events import lifecycle
from events.languages import check_language
from events.lifecycle import Step
from events.model import Entry, EntryState, Event, Plan, Shown, State
from events.posts.announcements import Scene, posts
from events.prizes import covered, worst_case
from events.store import Posted

POSTED = (Step.ANNOUNCE, Step.OPEN, Step.VOTE, Step.PROMOTE)
EXAMPLES = 5


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A plan as it would go."""

    times: tuple[tuple[State, float], ...]
    """When it comes into each state at the latest, by the clock alone; Unix time."""
    posts: tuple[Posted, ...]
    cost: int
    """Kudos in the worst case."""
    rewarded: int | None
    """How many people the budget gives the participation award; None without one."""


def rehearse(plan: Plan, *, now: float, page: str = "") -> Rehearsal:
    """Return how a plan would go, with made-up entries. Raises Refusal if it cannot be posted."""
    check_language(plan)
    event = Event("example2", plan, State.DRAFT, None, None, "", None, now, now)
    entries = [_example(number) for number in range(1, EXAMPLES + 1)]
    scene = Scene(entries, entries[: plan.voting.places], page)
    made = [
        post
        for step in POSTED
        if plan.votes or step is not Step.VOTE
        for post in posts(event, step, scene)
    ]
    return Rehearsal(_times(plan, now), tuple(made), worst_case(plan.prizes), covered(plan.prizes))


def strangers(plan: Plan, accounts: Collection[str]) -> tuple[str, ...]:
    """Return where a plan is to be posted on accounts that are not among these, as it says it."""
    return tuple(
        "/".join(filter(None, (venue.account, venue.to)))
        for venue in plan.venues
        if venue.account not in accounts
    )


def _times(plan: Plan, now: float) -> tuple[tuple[State, float], ...]:
    state, at = State.DRAFT, now
    found: list[tuple[State, float]] = []
    while (on := lifecycle.way_on(plan, state)) is not None:
        at = max(at, lifecycle.due(plan, state, at) or at)
        state = on[1]
        found.append((state, at))
    return tuple(found)


def _example(number: int) -> Entry:
    return Entry(
        id=number,
        event="",
        number=number,
        account="",
        entrant="",
        shown=Shown.NAME,
        name=f"Somebody {number}",
        sha256="0" * 64,
        mime="image/webp",
        likeness="",
        prompt_hash="",
        recipe={"prompt": "…"},
        ours=True,
        licence="",
        request="",
        link="",
        state=EntryState.ENTERED,
        reason="",
        at=0.0,
    )


def as_json(rehearsal: Rehearsal) -> dict[str, Any]:
    """Return a rehearsal as plain values."""
    return {
        "times": {state.value: at for state, at in rehearsal.times},
        "posts": [dict(asdict(post), body=dict(post.body)) for post in rehearsal.posts],
        "worst_case_kudos": rehearsal.cost,
        "rewarded_people": rehearsal.rewarded,
    }
