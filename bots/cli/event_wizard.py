"""The questions of `hordebots event new`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import typer

if TYPE_CHECKING:
    from events.model import Plan


LIKELY_PEOPLE = 25
"""As many take part where many do: for how many the budget is proposed."""


def ask() -> Plan:
    """Ask for a plan until it is one."""
    from pydantic import ValidationError

    from common.config import explain
    from events.model import Plan

    while True:
        answers = _answers()
        try:
            return Plan.model_validate(answers)
        except ValidationError as error:
            typer.echo(explain(error), err=True)


def _answers() -> dict[str, Any]:
    from common import texts

    def say(code: str, **more: Any) -> Any:
        return typer.prompt(texts.say(f"event_wizard.{code}"), **more)

    opens = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    document: dict[str, Any] = {
        "kind": say("kind", default="challenge"),
        "name": say("name"),
        "title": say("title"),
        "theme": say("theme"),
        "schedule": {
            "opens": say("opens", default=opens.isoformat(timespec="minutes")),
            "closes": say(
                "closes", default=(opens + timedelta(days=7)).isoformat(timespec="minutes")
            ),
            "voting_hours": say("voting_hours", default=48.0),
        },
        "venues": [_venue(one) for one in say("venues", default="").split(",") if one.strip()],
        "rules": {
            "entries": say("entries", default=1),
            "required": _words(say("required", default="")),
            "forbidden": _words(say("forbidden", default="")),
        },
    }
    places = [int(one) for one in _words(say("places", default="")) if one.isdecimal()]
    participation = say("participation", default=0)
    if places or participation:
        likely = sum(places) + LIKELY_PEOPLE * participation
        document["prizes"] = {
            "places": places,
            "participation": participation,
            "budget": say("budget", default=likely),
        }
    return document


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _venue(text: str) -> dict[str, str]:
    """Return the place that `ACCOUNT/WHERE` names."""
    account, _, to = text.strip().partition("/")
    return {"account": account, "to": to}
