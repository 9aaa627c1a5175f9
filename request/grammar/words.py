"""Verbs and politeness: the words of all languages, from the catalogue (`grammar.*`).

A community is mixed, so every language is read in every place. That a word of one language is an
ordinary word of another is settled in the catalogue: such a word is not listed alone.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from common.texts import catalogue, languages
from request.grammar.clean import UNSPACED

_BETWEEN = r"[\s,.!?:;、。，！？：；¿¡]*"
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_MOST_POLITE = 4
_MOST_THANKS = 3


@dataclass(frozen=True, slots=True)
class Words:
    """What requests begin or end with, as patterns."""

    verb: re.Pattern[str]
    """For `match`: politeness, then a verb and the colon or comma right behind it."""
    ends: tuple[str, ...]
    """Verbs that may stand behind the prompt, where a language has them."""
    verb_end: re.Pattern[str]
    """For `search`: one of those, and thanks, at the end."""
    polite_start: re.Pattern[str]
    polite_end: re.Pattern[str]
    again: frozenset[str]
    """What `again` is called, casefolded, with a straight apostrophe."""

    def without_verb(self, text: str, ends: Iterable[int]) -> str | None:
        """Return a text without its verb and the politeness around it; None if it has no verb.

        `ends` are the indices before which a verb may end that stands behind the prompt.
        """
        if found := self.verb.match(text):
            return text[found.end() :]
        if not any(verb in text for verb in self.ends):
            return None
        for end in ends:
            if found := self.verb_end.search(text, 0, end):
                polite = self.polite_start.match(text, 0, found.start())
                begin = polite.end() if polite else 0
                return f"{text[begin : found.start()]} {text[end:]}"
        return None


@cache
def words() -> Words:
    """Return the words of all languages."""
    polite, thanks = _any_of(_phrases("polite")), _any_of(_phrases("thanks"))
    verbs, ends = _any_of(_phrases("verbs")), _phrases("verbs_end")
    before = rf"{_BETWEEN}(?:(?:{polite})(?!\w){_BETWEEN}){{0,{_MOST_POLITE}}}"
    after = rf"(?:{_BETWEEN}(?:{thanks})){{0,{_MOST_THANKS}}}{_BETWEEN}\Z"
    return Words(
        verb=re.compile(rf"{before}[/!]?(?:{verbs})(?![\w@-])[:,：、，]?", re.IGNORECASE),
        ends=ends,
        verb_end=re.compile(rf"(?:{_any_of(ends)}){after}"),
        polite_start=re.compile(before, re.IGNORECASE),
        polite_end=re.compile(after, re.IGNORECASE),
        again=frozenset(phrase.casefold() for phrase in _phrases("again")),
    )


def _phrases(group: str) -> tuple[str, ...]:
    """Return the phrases of all languages, written `a b | c`, the longest first."""
    written = (catalogue(language).get(f"grammar.{group}", "") for language in languages())
    phrases = (phrase.strip() for line in written for phrase in line.split("|"))
    kept = dict.fromkeys(unicodedata.normalize("NFC", phrase) for phrase in phrases if phrase)
    return tuple(sorted(kept, key=len, reverse=True))


def _any_of(phrases: Iterable[str]) -> str:
    """Return a pattern of phrases; those written with spaces between words must begin one."""
    spaced: list[str] = []
    unspaced: list[str] = []
    for phrase in phrases:
        words_of = (re.escape(word).replace("'", "['’]") for word in phrase.split())
        (unspaced if _UNSPACED.match(phrase) else spaced).append(r"\s+".join(words_of))
    beginning = [rf"(?<!\w)(?:{'|'.join(spaced)})"] if spaced else []
    return "|".join((*beginning, *unspaced))
