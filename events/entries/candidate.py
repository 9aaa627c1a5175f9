"""A picture that somebody wants to enter, and whether an event's rules let it in. Pure."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from common.errors import Refusal
from common.pictures import difference
from events.model import Entry, EntryState, Event, Kind, Rules
from request.allowed import safety

ALIKE = 20
"""Bits (of 256) in which two pictures may differ and still are one (`common.pictures`)."""
DAY = 24 * 3600.0
CC0 = "CC0-1.0"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What would become an entry."""

    sha256: str
    mime: str
    likeness: str
    width: int
    height: int
    prompt: str
    """As the person wrote it, and the style's words around it; "" for one made elsewhere."""
    style: str = ""
    wished: str = ""
    """The style or category that was named."""
    model: str = ""
    seed: str = ""
    recipe: Mapping[str, Any] = field(default_factory=dict)
    ours: bool = True
    request: str = ""
    link: str = ""

    @property
    def prompt_hash(self) -> str:
        """Hash of what was asked for; "" where that is not known."""
        if not self.prompt:
            return ""
        words = "\x00".join((folded(self.prompt), folded(self.style), folded(self.model)))
        return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()


def folded(text: str) -> str:
    """Return a text as it is compared: without capitals, accents' forms and runs of spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def holds(prompt: str, word: str) -> bool:
    """Tell whether a prompt holds a word (or several in a row), whole."""
    return re.search(rf"(?<!\w){re.escape(folded(word))}(?!\w)", folded(prompt)) is not None


StylesMeant = Callable[[str], Collection[str] | None]
"""From a name to the styles it means: one, or those of a category; None for no name of a style."""


def no_styles(_name: str) -> None:
    """Know no style by any name."""


def check_rules(event: Event, one: Candidate, meant: StylesMeant = no_styles) -> None:
    """Refuse what breaks an event's rules, with the rule. Raises Refusal."""
    rules, name = event.plan.rules, event.name
    safety.check((one.prompt, str(one.recipe.get("statement", ""))))
    if not one.ours:
        if not rules.elsewhere:
            raise Refusal("entry.elsewhere", name=name)
        _check_size(rules, one, name)
        return
    missing = [word for word in rules.required if not holds(one.prompt, word)]
    if missing:
        raise Refusal("entry.required", name=name, words=", ".join(missing))
    found = [word for word in rules.forbidden if holds(one.prompt, word)]
    if found:
        raise Refusal("entry.forbidden", name=name, words=", ".join(found))
    used = {folded(one.style), folded(one.wished)}
    members = {folded(style) for allowed in rules.styles for style in meant(allowed) or ()}
    if not members & used:
        _check_among("entry.style", name, rules.styles, used)
    _check_among("entry.model", name, rules.models, (one.model,))
    if rules.seed is not None and one.seed != rules.seed:
        raise Refusal("entry.seed", name=name, seed=rules.seed)
    _check_size(rules, one, name)


def _check_among(code: str, name: str, allowed: Iterable[str], used: Iterable[str]) -> None:
    known = {folded(one) for one in allowed}
    if known and not known & {folded(one) for one in used}:
        raise Refusal(code, name=name, allowed=", ".join(allowed))


def _check_size(rules: Rules, one: Candidate, name: str) -> None:
    if rules.size is not None and (one.width, one.height) != rules.size:
        raise Refusal("entry.size", name=name, size=f"{rules.size[0]}x{rules.size[1]}")


def check_age(event: Event, age: float | None) -> None:
    """Refuse an account that is too young, or whose age is unknown. `age` in seconds."""
    days = event.plan.rules.account_days
    if not days:
        return
    if age is None:
        raise Refusal("entry.age_unknown", name=event.name, days=f"{days:g}")
    if age < days * DAY:
        raise Refusal("entry.account_age", name=event.name, days=f"{days:g}")


def check_others(
    event: Event,
    one: Candidate,
    there: Iterable[Entry],
    person: str,
    people: Mapping[str, str],
    *,
    replaces: int | None = None,
) -> None:
    """Refuse what is there already, and more than a person may enter. Raises Refusal.

    `person` stands for who enters; `people` for each entrant of `there`; `replaces` is the number
    of the entry it takes the place of.
    """
    others = [
        entry
        for entry in there
        if entry.state is not EntryState.WITHDRAWN and entry.number != replaces
    ]
    for entry in others:
        _check_same(event, one, entry, own=people.get(entry.entrant) == person)
    mine = [entry for entry in others if people.get(entry.entrant) == person]
    if len(mine) >= event.plan.rules.entries:
        numbers = ", ".join(str(entry.number) for entry in mine)
        raise Refusal("entry.enough", name=event.name, count=len(mine), numbers=numbers)


def _check_same(event: Event, one: Candidate, entry: Entry, *, own: bool) -> None:
    same = one.sha256 == entry.sha256
    alike = (
        bool(one.likeness and entry.likeness) and difference(one.likeness, entry.likeness) <= ALIKE
    )
    if same or alike:
        raise Refusal("entry.same_picture", number=entry.number)
    called = folded(str(one.recipe.get("called", "")))
    if called and called == folded(str(entry.recipe.get("called", ""))):
        raise Refusal("entry.style_name", called=one.recipe["called"])
    if one.prompt_hash and one.prompt_hash == entry.prompt_hash:
        if own:
            raise Refusal("entry.same_prompt", number=entry.number)
        if event.plan.kind is Kind.CONTEST:
            raise Refusal("entry.same_style", number=entry.number)
