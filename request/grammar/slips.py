"""A first word that was meant as a verb: two of its letters swapped, or nearly one."""

from __future__ import annotations

import re

from rapidfuzz import fuzz, process

from request.grammar.values import past
from request.grammar.words import Words

_FIRST_WORD = re.compile(r"[^\W\d_]+")
_NEAR = 75.0
"""Likeness (of 100) from which a first word may have been meant as a verb."""


def swapped_verb(text: str, words: Words) -> tuple[str, str] | None:
    """Return the first word and the verb it is, if two of its letters are swapped."""
    word = _first_word(text, words)
    verb = None if word is None else words.swapped.get(word[0].casefold())
    return None if word is None or verb is None else (word[0], verb)


def without_near_verb(text: str, words: Words) -> str | None:
    """Return what stands behind a first word that is nearly a verb; None if it is none."""
    word = _first_word(text, words)
    if word is None:
        return None
    near = process.extractOne(
        word[0].casefold(), words.alone, scorer=fuzz.ratio, score_cutoff=_NEAR
    )
    if near is None:
        return None
    meant = f"{near[0]}{text[word.end() :]}"  # `drow me a cat`: the whole verb is `draw me`
    return (words.without_verb(meant, ()) or "").strip()


def _first_word(text: str, words: Words) -> re.Match[str] | None:
    return _FIRST_WORD.match(text, past(words.polite_start, text, 0))
