"""How the values of options are written: one function per kind.

Each `take` gets the source, the index behind the option's name, and the name as written; it
returns what was read or raises Refusal.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from common.errors import Refusal
from common.horde.wire import SAMPLERS
from common.model import Note
from request.grammar.source import Source, Taken
from styles.image_request import RANDOM_STYLE, LoraWish
from styles.limits import LORA_STRENGTH_RANGE, Limits
from styles.names import LONGEST_REGION, QUOTES, NameIndex, ends_word, fold, quoted
from styles.notes import changed

SAMPLER_NAMES = NameIndex(SAMPLERS, {name.removeprefix("k_"): name for name in SAMPLERS})

_GAP = re.compile(r"[^\S\n]*=?[^\S\n]*")
_WORD = re.compile(r"(?:(?!#{3})\S)+")
_AFTER_VALUE = ",;.!?"
_WHOLE = re.compile(r"[+-]?\d+")
_DECIMAL = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)")
_PAIR = re.compile(r"(\d{1,6}(?:\.\d{1,4})?)\s*[:/x×*：]\s*(\d{1,6}(?:\.\d{1,4})?)", re.IGNORECASE)
_SIZE = re.compile(r"(\d{1,6})\s*[x×*]\s*(\d{1,6})", re.IGNORECASE)
_STRENGTH = re.compile(r":([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))\Z")
_LARGEST = 10**9


class Take(Protocol):
    """Reads the value of an option."""

    def __call__(self, source: Source, start: int, option: str, example: str) -> Taken: ...


def word_at(source: Source, start: int, option: str, example: str) -> tuple[str, int]:
    """Return the word or quoted text at an index and where it ends. Refuses a missing one."""
    gap = _GAP.match(source.text, start)
    begin = gap.end() if gap else start
    end = source.region_end(begin)
    inner, length = quoted(fold(source.text[begin:end]).text)
    if inner is not None:
        folded = fold(source.text[begin:end])
        close = folded.starts[length]
        return source.text[begin + 1 : begin + folded.starts[length - 1]].strip(), begin + close
    word = _WORD.match(source.text, begin, end)
    if word is None:
        raise Refusal("refused.value_missing", option=option, example=example)
    return word[0].rstrip(_AFTER_VALUE) or word[0], word.end()


def flag(field: str, value: bool) -> Take:
    """Return the reader of an option without a value."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        if source.text[start : start + 1] == "=":
            value_word = _WORD.match(source.text, start)
            raise _unreadable(option, value_word[0] if value_word else "=", example)
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
            raise _unreadable(option, word, example)
        asked = _number(word)
        low, high = bounds(source.limits)
        used = min(high, max(low, asked))
        notes: tuple[Note, ...] = ()
        if used != asked:
            notes = (changed("note.clamped", option=option, asked=word[:20], used=f"{used:g}"),)
        value = round(used) if whole else used
        return Taken(end, {field: convert(value) if convert else value}, notes=notes)

    return take


def text(field: str) -> Take:
    """Return the reader of one word or quoted text, taken as it is."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        if not word:
            raise Refusal("refused.value_missing", option=option, example=example)
        return Taken(end, {field: word})

    return take


def pair(field: str, pattern: re.Pattern[str], kind: type) -> Take:
    """Return the reader of two numbers above zero: `16:9`, `512x768`."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        word, end = word_at(source, start, option, example)
        found = pattern.fullmatch(word)
        sides = (kind(found[1]), kind(found[2])) if found else (0, 0)
        if min(sides) <= 0:
            raise _unreadable(option, word, example)
        return Taken(end, {field: sides})

    return take


def ratio(field: str) -> Take:
    return pair(field, _PAIR, float)


def size(field: str) -> Take:
    return pair(field, _SIZE, int)


def negative(source: Source, start: int, option: str, example: str) -> Taken:
    """Read everything up to the next option, `style:`, `###` or the end."""
    gap = _GAP.match(source.text, start)
    begin = gap.end() if gap else start
    end = source.region_end(begin)
    words = source.text[begin:end].strip(" ,\n\t")
    if not words:
        raise Refusal("refused.value_missing", option=option, example=example)
    return Taken(end, negative=words)


def lora(source: Source, start: int, option: str, example: str) -> Taken:
    """Read `ID[:STRENGTH]`, `v:ID` for a version, or a name in quotes."""
    word, end = word_at(source, start, option, example)
    tail = _WORD.match(source.text, end) if source.text[end : end + 1] == ":" else None
    if tail is not None:  # "a name":0.7
        word, end = word + tail[0].rstrip(_AFTER_VALUE), tail.end()
    strength = 1.0
    notes: tuple[Note, ...] = ()
    found = _STRENGTH.search(word)
    version = word[:2].casefold() == "v:"
    if found is not None and not (version and found.start() == 1):
        asked = _number(found[1])
        low, high = LORA_STRENGTH_RANGE
        strength = min(high, max(low, asked))
        if strength != asked:
            notes = (
                changed("note.clamped", option=option, asked=found[1][:20], used=f"{strength:g}"),
            )
        word = word[: found.start()]
    name = word[2:] if version else word
    if not name or len(name) > 255 or (version and not (name.isascii() and name.isdigit())):
        raise _unreadable(option, word, example)
    return Taken(end, lora=LoraWish(name, strength, version), notes=notes)


def model(source: Source, start: int, option: str, example: str) -> Taken:
    """Read the longest known model; any word where no models are known."""
    if not source.models:
        return text("model")(source, start, option, example)
    return _known(source, start, option, example, _Names("model", source.models))


def sampler(source: Source, start: int, option: str, example: str) -> Taken:
    return _known(source, start, option, example, _Names("sampler", SAMPLER_NAMES))


def style(source: Source, start: int, option: str, example: str) -> Taken:
    """Read the longest known style, category or alias; `random`; or one that is clearly near."""
    del option, example
    begin, region = _region(source, start)
    if not region.strip():
        raise Refusal("refused.style_missing", suggestions=())
    found = source.names.find(region)
    if found is None or not found.exact:
        end = _random(region)
        if end is not None:
            return Taken(begin + end, {"style": RANDOM_STYLE}, rest=region[end:].strip())
    if found is None:
        raise Refusal(
            "refused.style_unknown",
            words=_first_words(region),
            suggestions=source.names.suggest(_first_words(region), source.offer),
        )
    notes: tuple[Note, ...] = ()
    if not found.exact:
        notes = (changed("note.style_near", words=found.words, name=found.name),)
    return Taken(
        begin + found.end, {"style": found.name}, notes=notes, rest=region[found.end :].strip()
    )


def ignored(pattern: str) -> Take:
    """Return the reader of another program's option that means nothing here, value and all."""
    value = re.compile(rf"{_GAP.pattern}(?:{pattern})(?!\S)", re.IGNORECASE) if pattern else None

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        del option, example
        found = value.match(source.text, start) if value else None
        return Taken(found.end() if found else start, skipped=True)

    return take


def set_style(name: str, pattern: str) -> Take:
    """Return the reader of another program's option that stands for a style, if there is it."""

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        end = ignored(pattern)(source, start, option, example).end
        known = source.names.get(name)
        return Taken(end, skipped=True) if known is None else Taken(end, {"style": known})

    return take


@dataclass(frozen=True, slots=True)
class _Names:
    field: str
    index: NameIndex


def _known(source: Source, start: int, option: str, example: str, names: _Names) -> Taken:
    begin, region = _region(source, start)
    if not region.strip():
        raise Refusal("refused.value_missing", option=option, example=example)
    found = names.index.find(region)
    if found is None:
        words = _first_words(region)
        code = "refused.model_unknown" if names.field == "model" else "refused.sampler_unknown"
        raise Refusal(code, words=words, suggestions=names.index.suggest(words))
    notes: tuple[Note, ...] = ()
    if not found.exact:
        notes = (changed("note.name_near", words=found.words, name=found.name),)
    values: Mapping[str, Any] = {names.field: found.name}
    return Taken(begin + found.end, dict(values), notes=notes)


def _region(source: Source, start: int) -> tuple[int, str]:
    """Return where a name's region begins, and its text up to a line's end or a marker."""
    gap = _GAP.match(source.text, start)
    begin = gap.end() if gap else start
    end = min(source.region_end(begin), begin + LONGEST_REGION)
    line = source.text.find("\n", begin, end)
    return begin, source.text[begin : end if line == -1 else line]


def _random(region: str) -> int | None:
    folded = fold(region)
    inner, end = quoted(folded.text)
    if inner is not None:
        return folded.starts[end] if inner.strip() == RANDOM_STYLE else None
    length = len(RANDOM_STYLE)
    if folded.text.startswith(RANDOM_STYLE) and ends_word(folded.text, length):
        while folded.text[length : length + 1] in {*_AFTER_VALUE, *QUOTES, ")"}:
            length += 1
        return folded.starts[length]
    return None


def _first_words(region: str) -> str:
    return " ".join(region.split()[:4]).strip("\"'“”„«».,;:!? ")[:40] or region.strip()[:40]


def _number(word: str) -> float:
    whole, _, part = word.replace(",", ".").partition(".")
    digits = whole.lstrip("+-")
    size = _LARGEST if len(digits) > 9 else float(f"{digits or 0}.{part[:9] or 0}")
    return -size if whole.startswith("-") else float(size)


def _unreadable(option: str, word: str, example: str) -> Refusal:
    return Refusal("refused.value_unreadable", option=option, value=word[:40], example=example)
