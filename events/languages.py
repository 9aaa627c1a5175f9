"""In which languages an event can be posted: those that have its sentences."""

from __future__ import annotations

from functools import cache

from common import texts
from common.errors import Refusal
from events.model import Plan

SAID = "event_post.vote"
"""A sentence that every language has in which events are posted."""


@cache
def spoken() -> tuple[str, ...]:
    """Return the languages, English first."""
    return tuple(one for one in texts.languages() if SAID in texts.catalogue(one))


def check_language(plan: Plan) -> None:
    """Refuse a plan in a language that its posts would not be in. Raises Refusal."""
    if plan.rules.language not in spoken():
        known = ", ".join(spoken())
        raise Refusal("events.language", language=plan.rules.language, known=known)
