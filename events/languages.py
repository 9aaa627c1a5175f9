"""In which languages an event can be posted: those that answers are in."""

from __future__ import annotations

from common import texts
from common.errors import Refusal
from events.model import Plan


def check_language(plan: Plan) -> None:
    """Refuse a plan in a language that its posts would not be in. Raises Refusal."""
    if plan.rules.language not in texts.spoken():
        known = ", ".join(texts.spoken())
        raise Refusal("events.language", language=plan.rules.language, known=known)
