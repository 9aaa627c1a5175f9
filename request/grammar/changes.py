"""What a reply wants to be different, in the words of each language: `ersetze {old} durch {new}`.

They are data: `changes` in `grammar.yaml` of a language says how it is put, and behind `=` what
stands in the prompt then. The many ways of English have patterns of their own (`remarks.py`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from common.texts import languages
from request.grammar.clean import UNSPACED
from request.grammar.words import phrases_of, written

COLOURS = (
    r"(?:(?:light|dark|bright|deep|pale)\s+)?(?:red|blue|green|yellow|orange|purple|violet|pink|brown"
    r"|black|white|gr[ae]y|gold|golden|silver|turquoise|beige|teal)"
)
_PLACE = re.compile(r"\{(\w+)\}")
_UNSPACED = re.compile(rf"[{UNSPACED}]")
_WORD = r"[\w'’-]{2,20}"
_GAP = r"\s+"
_ENDING = r"\w{0,2}"
"""Of a colour's word: `blauem`, `rouges`, `青い`."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to stand in a prompt."""

    new: str
    old: str
    """What it stands for; "" if it is only added."""
    gone: bool
    """Whether `old` is not to be seen any more."""


@dataclass(frozen=True, slots=True)
class _Phrase:
    """How a change is put in a language, what stands in the prompt then, and its own words."""

    said: str
    result: str
    language: str
    words: frozenset[str]


def read_change(said: str) -> Change | None:
    """Return the change that a whole text asks for; None if it asks for none."""
    folded = said.casefold().replace("’", "'")
    for phrase in _phrases():
        if not all(word in folded for word in phrase.words):
            continue
        if found := _pattern(phrase.said, phrase.language).fullmatch(said):
            named = found.groupdict(default="")
            old = named.get("old", "")
            if old.casefold() in _whole_pictures():
                return None
            gone = bool(old) and "{old}" not in phrase.result
            return Change(phrase.result.format_map(named), old, gone)
    return None


@cache
def any_colour() -> str:
    """Return the pattern of a colour in any language."""
    return rf"(?:{COLOURS}|{other_colour()})"


@cache
def other_colour() -> str:
    """Return the pattern of a colour in any language but English: it may stand behind a thing."""
    named = (word for language in languages() for word in phrases_of(language, "colours"))
    return rf"(?:(?:{_one_of(named)}){_ENDING})"


@cache
def any_article() -> str:
    """Return the pattern of an article in any language, and of the space behind it."""
    named = (word for language in languages() for word in phrases_of(language, "articles"))
    return _article(("his", "her", "its", *named))


@cache
def _whole_pictures() -> frozenset[str]:
    named = (word for language in languages() for word in phrases_of(language, "whole_picture"))
    return frozenset(word.casefold() for word in named)


@cache
def _phrases() -> tuple[_Phrase, ...]:
    """Return how changes are put, and what becomes of each."""
    made = []
    for language in languages():
        for phrase in phrases_of(language, "changes"):
            said, result = (part.strip() for part in phrase.split("="))
            words = frozenset(_PLACE.sub(" ", said).casefold().replace(",", " ").split())
            made.append(_Phrase(said, result.replace("{a_", "{"), language, words))
    return tuple(made)


@cache
def _pattern(said: str, language: str) -> re.Pattern[str]:
    """Return the pattern of how a change is put; a please may stand behind its first word."""
    places = (_unspaced_places if _UNSPACED.search(said) else _places)(language)
    pieces = _PLACE.split(said)
    pieces[1::2] = [places[place] for place in pieces[1::2]]
    pieces[::2] = [_literal(piece) for piece in pieces[::2]]
    first, gap, rest = "".join(pieces).partition(_GAP)
    return re.compile(f"{first}{gap and places['please']}{gap}{rest}", re.IGNORECASE)


def _literal(text: str) -> str:
    """Return the pattern of what stands between places; a comma may be left out."""
    escaped = re.escape(text).replace(r"\ ", " ").replace("'", "['’]")
    return escaped.replace(", ", rf"\s*,?{_GAP}").replace(" ", _GAP)


def _places(language: str) -> dict[str, str]:
    """Return the patterns of what stands in braces, in a language with spaces between words."""
    articles = phrases_of(language, "articles")
    the = _article((*articles, *phrases_of(language, "possessives")))
    old = rf"(?P<old>{_WORD}(?:\s{_WORD}){{0,2}}?)"
    colours = _one_of(phrases_of(language, "colours"))
    return {
        "old": rf"(?:{the})?{old}",
        "a_old": the + old,
        "new": r"(?P<new>[^\n]{2,60}?)",
        "a_new": rf"(?P<new>{_article(articles)}[^\n]{{2,60}}?)",
        "thing": rf"(?P<thing>{_WORD}(?:\s{_WORD}){{0,2}})",
        "colour": rf"(?P<colour>(?:{colours}){_ENDING}(?:\s[\w-]{{3,8}})?)",
        "please": rf"(?:\s+(?:{_one_of(phrases_of(language, 'thanks'))}))?",
    }


def _unspaced_places(language: str) -> dict[str, str]:
    """Return the same for one without; a few words are no sentence if they need no hiragana."""
    return {
        "old": r"(?P<old>[^\s、。,を]{1,20}?)",
        "new": r"(?P<new>[^\n、。]{1,60}?)",
        "thing": r"(?P<thing>[ァ-ヿ㐀-鿿々の]{1,12})",
        "colour": rf"(?P<colour>{_one_of(phrases_of(language, 'colours'))})",
    }


def _article(words: Iterable[str]) -> str:
    """Return the pattern of an article; one that is elided has no space behind it: `l'`."""
    listed = tuple(words)
    spaced = _one_of(word for word in listed if not word.endswith("'"))
    elided = _one_of(word for word in listed if word.endswith("'"))
    return rf"(?:(?:{spaced})\s+{f'|{elided}' if elided else ''})"


def _one_of(words: Iterable[str]) -> str:
    return "|".join(map(written, sorted(dict.fromkeys(words), key=len, reverse=True)))
