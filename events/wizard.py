"""The questions whose answers make a plan, for the terminal and the page. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from pydantic import ValidationError

from common.errors import Refusal
from common.texts import say
from events.model import Plan

LONGEST = 8000
"""Characters of one answer that are looked at; a theme has 1500 at most."""
LIKELY_PEOPLE = 25
"""As many take part where many do: for how many the budget is proposed."""
_KUDOS = re.compile(r"[0-9]{1,9}")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?")
_SIZE = re.compile(r"(\d{1,5})\s*[x×]\s*(\d{1,5})", re.IGNORECASE)
_FAULTS = {
    "string_too_short": "needed",
    "missing": "needed",
    "string_too_long": "too_long",
    "too_long": "too_many",
    "enum": "no_kind",
    "tuple_type": "no_size",
    "int_parsing": "no_number",
    "float_parsing": "no_number",
    "datetime_from_date_parsing": "no_moment",
    "datetime_parsing": "no_moment",
}
"""Sentences of our own for what people slip in most."""


class Ask(StrEnum):
    """In which form an answer is written."""

    LINE = "line"
    TEXT = "text"
    CHOICE = "choice"
    MOMENT = "moment"
    """ISO 8601; without a time zone it is UTC."""
    NUMBER = "number"
    WORDS = "words"
    """With commas between."""
    VENUES = "venues"
    """`ACCOUNT/CHANNEL`, with commas between."""
    SIZE = "size"
    """`512x768`."""
    YES = "yes"
    """`yes`, or nothing."""


@dataclass(frozen=True, slots=True)
class Question:
    """One thing an organiser decides."""

    code: str
    """Of its sentence in `event_wizard`, and the name of its field."""
    ask: Ask
    path: tuple[str, ...]
    """Where the answer stands in a plan."""
    more: bool = False
    """Whether most plans leave it as it is: the terminal does not ask it."""


QUESTIONS = (
    Question("kind", Ask.CHOICE, ("kind",)),
    Question("name", Ask.LINE, ("name",)),
    Question("title", Ask.LINE, ("title",)),
    Question("theme", Ask.TEXT, ("theme",)),
    Question("opens", Ask.MOMENT, ("schedule", "opens")),
    Question("closes", Ask.MOMENT, ("schedule", "closes")),
    Question("voting_hours", Ask.NUMBER, ("schedule", "voting_hours")),
    Question("venues", Ask.VENUES, ("venues",)),
    Question("entries", Ask.NUMBER, ("rules", "entries")),
    Question("required", Ask.WORDS, ("rules", "required")),
    Question("forbidden", Ask.WORDS, ("rules", "forbidden")),
    Question("places", Ask.WORDS, ("prizes", "places")),
    Question("participation", Ask.NUMBER, ("prizes", "participation")),
    Question("budget", Ask.NUMBER, ("prizes", "budget")),
    Question("announces", Ask.MOMENT, ("schedule", "announces"), more=True),
    Question("grace_minutes", Ask.NUMBER, ("schedule", "grace_minutes"), more=True),
    Question("looking_hours", Ask.NUMBER, ("schedule", "looking_hours"), more=True),
    Question("review_hours", Ask.NUMBER, ("schedule", "review_hours"), more=True),
    Question("styles", Ask.WORDS, ("rules", "styles"), more=True),
    Question("models", Ask.WORDS, ("rules", "models"), more=True),
    Question("seed", Ask.LINE, ("rules", "seed"), more=True),
    Question("size", Ask.SIZE, ("rules", "size"), more=True),
    Question("account_days", Ask.NUMBER, ("rules", "account_days"), more=True),
    Question("language", Ask.LINE, ("rules", "language"), more=True),
    Question("elsewhere", Ask.YES, ("rules", "elsewhere"), more=True),
    Question("fewest_entries", Ask.NUMBER, ("voting", "fewest_entries"), more=True),
    Question("fewest_votes", Ask.NUMBER, ("voting", "fewest_votes"), more=True),
    Question("upvotes", Ask.NUMBER, ("voting", "upvotes"), more=True),
    Question("winners", Ask.NUMBER, ("voting", "places"), more=True),
    Question("per_person", Ask.NUMBER, ("prizes", "per_person"), more=True),
)
WHOLE = {"schedule": "closes", "prizes": "budget"}
"""The question that a fault of a section as a whole is told at."""


class Unfit(Refusal):
    """The answers make no plan. `faults` has a sentence for each question that is to blame."""

    def __init__(self, faults: Mapping[str, str]) -> None:
        problem = "; ".join(f"{name}: {sentence}" for name, sentence in faults.items())
        super().__init__("event_wizard.unfit", problem=problem)
        self.faults = faults


def suggested(now: datetime) -> dict[str, str]:
    """Return what most organisers answer: it opens tomorrow, for a week."""
    opens = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return {
        "kind": "challenge",
        "opens": opens.isoformat(timespec="minutes"),
        "closes": (opens + timedelta(days=7)).isoformat(timespec="minutes"),
        "voting_hours": "48",
        "entries": "1",
    }


def plan_of(answers: Mapping[str, str], base: Plan | None = None) -> Plan:
    """Return the plan that the answers make; `base` keeps what is not asked. Raises Unfit.

    An answer that is blank stands for what most plans have.
    """
    document: dict[str, Any] = {} if base is None else base.model_dump(mode="json")
    for question in QUESTIONS:
        if question.code in answers:
            _put(document, question, answers[question.code], base)
    prizes = document.get("prizes") or {}
    if (likely := likely_cost(answers)) and not prizes.get("budget"):
        prizes["budget"] = likely
    try:
        return Plan.model_validate(document)
    except ValidationError as error:
        raise Unfit(_faults(error)) from error


def likely_cost(answers: Mapping[str, str]) -> int:
    """Return the budget to be proposed: the places, and as many entrants as there often are."""
    places = _parts(answers.get("places", "")[:LONGEST])
    each = answers.get("participation", "").strip()
    participation = int(each) if _KUDOS.fullmatch(each) else 0
    return sum(int(one) for one in places if _KUDOS.fullmatch(one)) + LIKELY_PEOPLE * participation


def answers_of(plan: Plan) -> dict[str, str]:
    """Return the answers that make this plan, as far as they are asked for."""
    document, answers = plan.model_dump(mode="json"), dict[str, str]()
    for question in QUESTIONS:
        value: Any = document
        for step in question.path:
            value = value[step]
        nothing = question.path[0] == "prizes" and not value
        answers[question.code] = "" if nothing else _written(question.ask, value)
    return answers


def _put(document: dict[str, Any], question: Question, text: str, base: Plan | None) -> None:
    """Write an answer where it belongs, or take out what stands there if it is blank."""
    section, text = document, text[:LONGEST].replace("\r\n", "\n").strip()
    for step in question.path[:-1]:
        section = section.setdefault(step, {})
    last = question.path[-1]
    if text:
        section[last] = _read(question.ask, text, base)
    else:
        section.pop(last, None)


def _read(ask: Ask, text: str, base: Plan | None) -> Any:
    match ask:
        case Ask.MOMENT if _MOMENT.fullmatch(text):
            return f"{text}+00:00"
        case Ask.WORDS:
            return _parts(text)
        case Ask.VENUES:
            return [_venue(one, base) for one in _parts(text)]
        case Ask.SIZE if found := _SIZE.fullmatch(text):
            return (int(found[1]), int(found[2]))
        case Ask.YES:
            return text == "yes"
        case _:
            return text


def _written(ask: Ask, value: Any) -> str:
    match ask:
        case Ask.WORDS:
            return ", ".join(str(one) for one in value)
        case Ask.VENUES:
            return ", ".join("/".join(filter(None, (one["account"], one["to"]))) for one in value)
        case Ask.SIZE:
            return "" if value is None else f"{value[0]}x{value[1]}"
        case Ask.YES:
            return "yes" if value else ""
        case Ask.NUMBER:
            return "" if value is None else f"{value:.12g}"
        case _:
            return "" if value is None else str(value)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _venue(text: str, base: Plan | None) -> dict[str, Any]:
    """Return the place that `ACCOUNT/WHERE` names, with what the plan knew of it before."""
    account, _, to = (part.strip() for part in text.partition("/"))
    for venue in () if base is None else base.venues:
        if (venue.account, venue.to) == (account, to):
            return venue.model_dump()
    return {"account": account, "to": to}


def _faults(error: ValidationError) -> dict[str, str]:
    faults: dict[str, str] = {}
    for fault in error.errors(include_url=False, include_input=False):
        own = _FAULTS.get(fault["type"])
        context = fault.get("ctx", {})
        sentence = (
            fault["msg"].removeprefix("Value error, ")
            if own is None
            else say(f"event_wizard.{own}", most=context.get("max_length", ""))
        )
        faults.setdefault(_blamed(fault["loc"]), sentence)
    return faults


def _blamed(where: Sequence[int | str]) -> str:
    """Return the question that a fault is about; the place in the plan where none is."""
    for question in QUESTIONS:
        if tuple(where[: len(question.path)]) == question.path:
            return question.code
    first = str(where[0]) if where else ""
    return WHOLE.get(first, first or "name")
