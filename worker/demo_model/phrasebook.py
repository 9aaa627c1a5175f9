"""What is said for what the demo model knows, in other languages: `phrases/`, a file for each."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from functools import cache
from importlib.resources import files
from typing import Any

from common import texts
from worker.demo_model.vocabulary import COLOURS, SCENES, SUBJECTS, plural

ENGLISH = "en"
"""Has the words that speak for no other language, in a file of its own kind."""
_FOLDER = files("worker.demo_model") / "phrases"
_SEVERAL = " / "
_ARTICLE = re.compile(r"\A(?:an?|the)\s+")
_SLOT = "{colour}"
_ACCENT = re.compile(r"[\u0300-\u036f]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})
_UNSPACED = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
"""Letters of a script that puts no spaces between words."""
_LETTER = r"[^\W\u3040-\u30ff\u3400-\u9fff]"
_KATAKANA = "[ァ-ヴー]"


class Kind(Enum):
    """What a phrase says: its place in the table."""

    SUBJECTS = auto()
    COLOURS = auto()
    PLACES = auto()
    LANDSCAPES = auto()
    WORDS = auto()


@dataclass(frozen=True, slots=True)
class Phrase:
    """What is said in English for something said in another language."""

    english: str
    kind: Kind


@cache
def tongues() -> tuple[str, ...]:
    """Return the languages the model's words are there in, but for English."""
    names = (entry.name for entry in _FOLDER.iterdir())
    found = (name.removesuffix(".yaml") for name in names if name.endswith(".yaml"))
    return tuple(sorted(name for name in found if name != ENGLISH))


@cache
def table(language: str) -> dict[str, dict[str, str]]:
    """Return what stands in a language's file: groups of English and what is said for it."""
    import yaml  # noqa: PLC0415  (not needed to list the commands)

    text = (_FOLDER / f"{language}.yaml").read_text("utf-8")
    written: dict[str, Any] = yaml.safe_load(text)
    return written


def knows() -> str:
    """Return one line for people on what can be asked of the model, in their language."""
    language = texts.language()
    said = table(language) if language in tongues() else {}
    things = [_first(said, "subjects", subject.name) for subject in SUBJECTS]
    colours = [_first(said, "colours", colour) for colour in COLOURS]
    places = [_first(said, "landscapes", scene.alone) for scene in SCENES.values()]
    named = {"things": things, "colours": colours, "places": places}
    counts = {f"{group}_count": len(names) for group, names in named.items()}
    lists = {group: ", ".join(names) for group, names in named.items()}
    return texts.say("demo.knows", **lists, **counts)


def _first(said: Mapping[str, Mapping[str, str]], group: str, english: str) -> str:
    """Return what is said for something first; the English itself where nothing is."""
    found = said.get(group, {}).get(_ARTICLE.sub("", english))
    return english if found is None else _split(found.partition(_SEVERAL)[0])[0]


@cache
def phrases(language: str) -> Mapping[str, Phrase]:
    """Return all phrases of a language, folded: as they are written, then without accents."""
    found: dict[str, Phrase] = {}
    for spelling in (str, _without_umlauts, _without_accents):
        for phrase, meaning in written(table(language)):
            found.setdefault(spelling(fold(phrase)), meaning)
    return found


def fold(text: str) -> str:
    """Return a text without capitals and the differences of apostrophes and widths."""
    return unicodedata.normalize("NFKC", text.casefold()).replace("’", "'")


def _without_umlauts(phrase: str) -> str:
    return phrase.translate(_UMLAUTS)


def _without_accents(phrase: str) -> str:
    return unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFD", phrase)))


def written(groups: dict[str, dict[str, str]]) -> Iterator[tuple[str, Phrase]]:
    """Yield the phrases of a table as they are written, each with its meaning."""
    for group, entries in groups.items():
        kind = Kind[group.upper()]
        for english, said in entries.items():
            one, _, several = said.partition(_SEVERAL)
            for phrase in _split(one):
                yield from _in_colours(phrase, Phrase(english, kind), groups["colours"])
            for phrase in _split(several):
                yield phrase, Phrase(plural(english), kind)


def _split(said: str) -> list[str]:
    return [phrase.strip() for phrase in said.split("|") if phrase.strip()]


def _in_colours(
    phrase: str, meaning: Phrase, colours: dict[str, str]
) -> Iterator[tuple[str, Phrase]]:
    """Yield a phrase once for each word for a colour, if it has a place for one."""
    if _SLOT not in phrase:
        yield phrase, meaning
        return
    for colour, said in colours.items():
        for word in _split(said):
            coloured = replace(meaning, english=meaning.english.replace(_SLOT, colour))
            yield phrase.replace(_SLOT, word), coloured


@cache
def pattern(language: str) -> re.Pattern[str]:
    """Return the pattern of all phrases of a language, the longest first."""
    groups: dict[tuple[str, str], list[str]] = {}
    for phrase in sorted(phrases(language), key=len, reverse=True):
        words = r"\s+".join(re.escape(word) for word in phrase.split())
        groups.setdefault(_bounds(phrase), []).append(words)
    return re.compile(
        "|".join(
            f"{before}(?:{'|'.join(groups[before, behind])}){behind}"
            for before, behind in sorted(groups, key=_narrow, reverse=True)
        )
    )


def _bounds(phrase: str) -> tuple[str, str]:
    """Return the patterns of what must be around a phrase for it to be no part of a longer word."""
    letter = _KATAKANA if _UNSPACED.search(phrase) else _LETTER
    before = f"(?<!{letter})" if re.match(letter, phrase) else ""
    return before, f"(?!{letter})" if re.match(letter, phrase[-1]) else ""


def _narrow(bounds: tuple[str, str]) -> int:
    return sum(map(bool, bounds))
