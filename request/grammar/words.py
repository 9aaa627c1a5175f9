"""Verbs and politeness: the words of a language, from the catalogue (`grammar.*`)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from common.texts import catalogue

_BETWEEN = r"[\s,.!?:;]*"


@dataclass(frozen=True, slots=True)
class Words:
    """What requests begin with, as patterns for `match` at the start of a text."""

    verb: re.Pattern[str]
    """Politeness, then a verb and the colon or comma right after it."""
    polite_start: re.Pattern[str]
    polite_end: re.Pattern[str]


@cache
def words(language: str = "en") -> Words:
    """Return the words of a language."""
    sentences = catalogue(language)
    polite = _any_of(sentences["grammar.polite"])
    verbs = _any_of(sentences["grammar.verbs"])
    thanks = _any_of(sentences["grammar.thanks"])
    before = rf"{_BETWEEN}(?:(?:{polite})(?!\w){_BETWEEN}){{0,4}}"
    return Words(
        verb=re.compile(rf"{before}[/!]?(?:{verbs})(?![\w@-])[:,]?", re.IGNORECASE),
        polite_start=re.compile(before, re.IGNORECASE),
        polite_end=re.compile(
            rf"(?:{_BETWEEN}(?<!\w)(?:{thanks})){{0,3}}{_BETWEEN}\Z", re.IGNORECASE
        ),
    )


def _any_of(phrases: str) -> str:
    """Return a pattern of phrases written `a b | c`, the longest tried first."""
    found = sorted((phrase.split() for phrase in phrases.split("|")), key=len, reverse=True)
    return "|".join(r"\s+".join(re.escape(word) for word in phrase) for phrase in found if phrase)
