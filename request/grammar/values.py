"""How the values of options are written: numbers, pairs, words, nothing at all.

Each `take` gets the source, the index behind the option's name, and the name as written; it
returns what was read or raises Refusal. Names of lists are read in `known.py`, LoRAs in
`assets.py`, what comes from Midjourney in `habits.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Protocol

from common.errors import Refusal
from common.model import Note
from request.grammar.source import Source, Taken
from styles.limits import Limits
from styles.names import QUOTES, fold, quoted
from styles.notes import changed

GAP = re.compile(r"[^\S\n]*=?[^\S\n]*")
"""What may stand between an option's name and its value."""
WORD = re.compile(r"(?:(?!#{3})\S)+")
AFTER_VALUE = ",;.!?"
"""Punctuation of the sentence, which goes with the value."""

_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)")
_PAIR = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)\s*[:/x×*：]\s*(\d{1,6}(?:\.\d{1,4})?)", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})", re.IGNORECASE)
_SIDE = re.compile(r"([1-9]\d{0,5})(?:px)?", re.IGNORECASE)
_LARGEST = 10**9
SHAPES = {
    "square": "1:1",
    "portrait": "2:3",
    "landscape": "3:2",
    "tall": "9:16",
    "wide": "16:9",
}
"""Shapes by their names."""


NO_SEED = frozenset({"-1", "random"})
"""What other programs call a seed of chance."""


class Take(Protocol):
    """Reads the value of an option."""

    def __call__(self, source: Source, start: int, option: str, example: str) -> Taken: ...


def past(pattern: re.Pattern[str], text: str, start: int) -> int:
    """Return where what stands at an index ends; the index itself if it is something else."""
    found = pattern.match(text, start)
    return start if found is None else found.end()


def word_at(source: Source, start: int, option: str, example: str) -> tuple[str, int]:
    """Return the word or quoted text at an index and where it ends. Refuses a missing one."""
    begin = past(GAP, source.text, start)
    end = source.region_end(begin)
    if _opens_quote(source.text[begin:end]):
        folded = fold(source.text[begin:end])
        inner, length = quoted(folded.text)
        if inner is not None and inner.strip():
            words = source.text[begin + 1 : begin + folded.starts[length - 1]]
            return words.strip(), begin + folded.starts[length]
        if inner is not None:
            raise Refusal("refused.value_missing", option=option, example=example)
    word = WORD.match(source.text, begin, end)
    if word is None:
        raise Refusal("refused.value_missing", option=option, example=example)
    return word[0].rstrip(AFTER_VALUE) or word[0], word.end()


def flag(field: str, value: object) -> Take:
    """Return the reader of an option without a value; saying it sets a field."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        if source.text[start : start + 1] == "=":
            raise unreadable(option, source.text[start : past(WORD, source.text, start)], example)
        return Taken(start, {field: value})

    return take


def number(
    field: str,
    bounds: Callable[[Limits], tuple[float, float]],
    *,
    whole: bool,
    convert: Callable[[float], float] | None = None,
) -> Take:
    """Return the reader of a number, clamped with a note.

    `convert` turns another program's scale into ours.
    """
    pattern = _WHOLE if whole else _DECIMAL

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        if not pattern.fullmatch(word):
            raise unreadable(option, word, example)
        used, notes = clamped(option, word, decimal(word), bounds(source.limits))
        value = round(used) if whole else used
        return Taken(end, {field: convert(value) if convert else value}, notes=notes)

    return take


def text(field: str) -> Take:
    """Return the reader of one word or quoted text, taken as it is."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        return Taken(end, {field: word})

    return take


def seed(source: Source, start: int, option: str, example: str) -> Taken:
    """Read one word or quoted text, taken as it is; `-1` and `random` are none."""
    word, end = word_at(source, start, option, example)
    return Taken(end, {} if word.casefold() in NO_SEED else {"seed": word})


def pair(field: str, pattern: re.Pattern[str], kind: type, words: Mapping[str, str]) -> Take:
    """Return the reader of two numbers above zero, `16:9`, `512x768`, or of a word for them."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        word = words.get(word.casefold(), word)
        found = pattern.fullmatch(word)
        if found is None or min(sides := (kind(found[1]), kind(found[2]))) <= 0:
            raise unreadable(option, word, example)
        return Taken(end, {field: sides})

    return take


def ratio(field: str) -> Take:
    return pair(field, _PAIR, float, SHAPES)


def size(field: str) -> Take:
    return pair(field, _SIZE, int, {})


def side(field: str) -> Take:
    """Return the reader of one side in pixels; `scan` puts the two together."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        found = _SIDE.fullmatch(word)
        if found is None:
            raise unreadable(option, word, example)
        return Taken(end, {field: int(found[1])})

    return take


def negative(source: Source, start: int, option: str, example: str) -> Taken:
    """Read everything up to the next option, `style:`, `###` or the end."""
    begin = past(GAP, source.text, start)
    end = source.region_end(begin)
    words = source.text[begin:end].strip(" ,\n\t")
    if _opens_quote(words):
        folded = fold(words).text
        if quoted(folded)[1] == len(folded):  # all of it stands in quotes
            words = words[1:-1].strip(" ,\n\t")
    if not words:
        raise Refusal("refused.value_missing", option=option, example=example)
    return Taken(end, negative=words)


def _opens_quote(words: str) -> bool:
    return fold(words[:1]).text in QUOTES


def decimal(word: str) -> float:
    """Return the number a word of digits is; a comma counts as a point."""
    whole, _, part = word.replace(",", ".").partition(".")
    digits = whole.lstrip("+-")
    amount = _LARGEST if len(digits) > 9 else float(f"{digits or 0}.{part[:9] or 0}")
    return -amount if whole.startswith("-") else float(amount)


def clamped(
    option: str, word: str, asked: float, bounds: tuple[float, float]
) -> tuple[float, tuple[Note, ...]]:
    """Return a number brought into its range, and the note if it was not there."""
    low, high = bounds
    used = min(high, max(low, asked))
    if used == asked:
        return used, ()
    return used, (changed("note.clamped", option=option, asked=word[:20], used=f"{used:g}"),)


def unreadable(option: str, word: str, example: str) -> Refusal:
    """Return the refusal of a value that cannot be read."""
    return Refusal("refused.value_unreadable", option=option, value=word[:40], example=example)
