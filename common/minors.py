"""Whether words ask for a sexualised minor, or speak of a minor at all. Pure.

All words that shape a picture are looked at together, after undoing common disguises: letters
replaced by digits or signs, letters spaced apart, look-alikes. Of the negative prompt only what
asks by leaving out counts: no clothes on a minor, no grown-ups in a sexual picture. "No children"
is a wish we share. The words are data, in `common/minors.yaml`; the check errs on the side of
refusing, and it cannot be configured away.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

import yaml

ADULT = 18
DISGUISES = str.maketrans("013457@$!|€", "oieastasiie")
AGE = re.compile(
    r"\b(\d{1,2})\s*[-\s]?\s*(?:years?|yrs?|yo|y/o|y\.o\.?|jahre|ans|años|anni|anos)\b"
    r"|\baged?\s*:?\s*(\d{1,2})\b"
)
WORD = re.compile(r"[^\W_]+")
SPACED = re.compile(r"\b(?:[^\W_][\s._*-]){2,}[^\W_]\b")
BETWEEN = re.compile(r"[\s._*-]")
CLOSE = 2
"""A "young" counts for a "girl" at most this many words later."""


@cache
def word_lists() -> dict[str, frozenset[str]]:
    """Return the word lists by name."""
    text = (files("common") / "minors.yaml").read_text("utf-8")
    return {name: frozenset(words.split()) for name, words in yaml.safe_load(text).items()}


def are_sexualised(texts: Iterable[str], *, negative: str = "") -> bool:
    """Tell whether the texts together ask for a sexualised minor."""
    folded = _fold_all(texts)
    words, unwanted = _words(folded), _words(_fold(negative))
    lists = word_lists()
    sexual = bool(words & (lists["sexual"] | lists["suggestive"]))
    minor = _names_minor(folded, words)
    undressed = minor and bool(unwanted & lists["clothes"])
    made_young = sexual and bool(unwanted & lists["grown"])
    return bool(words & lists["always"]) or (sexual and minor) or undressed or made_young


def are_named(texts: Iterable[str]) -> bool:
    """Tell whether the texts speak of a minor, sexual or not."""
    folded = _fold_all(texts)
    words = _words(folded)
    return bool(words & word_lists()["always"]) or _names_minor(folded, words)


def _fold_all(texts: Iterable[str]) -> str:
    return " \n ".join(_fold(text) for text in texts)


def _fold(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _names_minor(folded: str, words: set[str]) -> bool:
    return bool(words & word_lists()["minors"]) or _names_age(folded) or _names_young_person(folded)


def _names_age(folded: str) -> bool:
    ages = (years or aged for years, aged in AGE.findall(folded))
    return any(int(age) < ADULT for age in ages)


def _names_young_person(folded: str) -> bool:
    """Tell whether something makes a girl or boy young, such as the word "little"."""
    words = WORD.findall(folded.replace("flat-chested", "flatchested"))
    young, persons = word_lists()["young"], word_lists()["grown_or_young"]
    return any(
        word in persons and young.intersection(words[max(0, index - CLOSE) : index])
        for index, word in enumerate(words)
    )


def _words(folded: str) -> set[str]:
    """Return the words as written, with disguises undone, and with spaced letters joined."""
    joined = SPACED.sub(lambda found: BETWEEN.sub("", found.group()), folded)
    decomposed = unicodedata.normalize("NFKD", joined)
    plain = "".join(letter for letter in decomposed if not unicodedata.combining(letter))
    variants = (folded, joined, plain, plain.translate(DISGUISES), joined.translate(DISGUISES))
    return {word for variant in variants for word in WORD.findall(variant)}
