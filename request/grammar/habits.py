"""What people bring along from Midjourney: options that mean nothing here, weights, `--niji`."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.model import Note
from request.grammar.source import Source, Taken
from request.grammar.values import GAP, Take, past
from styles.limits import STRENGTH_RANGE
from styles.notes import changed

IMAGE_WEIGHTS = (0.0, 3.0)
"""Range of `--iw`; more is closer to the picture."""

_WEIGHT = re.compile(r"(?<![\w:])([^\W_][\w'’-]*)::(-?\d(?:\.\d{1,2})?)(?![\w.:])")
_PART_ENDS = ",;|(){}[]\n"
_AFTER_CUT = re.compile(r"\s*[,;]?")


@dataclass(frozen=True, slots=True)
class Weighted:
    """A prompt whose weights were read."""

    pieces: tuple[str, ...]
    """The prompt, cut where something went to the negative prompt."""
    negatives: tuple[str, ...] = ()
    notes: tuple[Note, ...] = ()


def ignored(pattern: str) -> Take:
    """Return the reader of an option that means nothing here, value and all."""
    value = _value(pattern)

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        del option, example
        return Taken(past(value, source.text, start), skipped=True)

    return take


def set_style(name: str, pattern: str) -> Take:
    """Return the reader of an option that stands for a style, if there is it."""
    value = _value(pattern)

    def take(source: Source, start: int, option: str, example: str) -> Taken:
        del option, example
        end, known = past(value, source.text, start), source.names.get(name)
        return Taken(end, skipped=True) if known is None else Taken(end, {"style": known})

    return take


def _value(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"{GAP.pattern}(?:{pattern})(?!\S)", re.IGNORECASE)


def strength_of(image_weight: float) -> float:
    """Return the `--strength` that an `--iw` stands for."""
    return max(STRENGTH_RANGE[0], round(1 - image_weight / IMAGE_WEIGHTS[1], 2))


def weights(prompt: str) -> Weighted:
    """Turn `word::2` into `(word:2)`; what has a weight below zero is not wanted at all.

    One weight is taken for the word before it. Where there are several they are the parts of a
    prompt, so each counts for all words since the part before, a comma, a bracket or a line's end:
    `hot dog::2 cat::1.5` becomes `(hot dog:2) (cat:1.5)`.
    """
    found = list(_WEIGHT.finditer(prompt))
    pieces = [""]
    negatives: list[str] = []
    notes: list[Note] = []
    position = 0
    for weight in found:
        begin = _part_start(prompt, position, weight.start()) if len(found) > 1 else weight.start()
        words, asked = prompt[begin : weight.end(1)], prompt[begin : weight.end()]
        pieces[-1] += prompt[position:begin]
        position = weight.end()
        if weight[2].startswith("-"):
            position = past(_AFTER_CUT, prompt, position)
            pieces.append("")
            negatives.append(words)
            notes.append(changed("note.weight_negative", asked=asked, words=words))
            continue
        used = words if float(weight[2]) == 1 else f"({words}:{weight[2]})"
        pieces[-1] += used
        notes.append(changed("note.weight", asked=asked, used=used))
    pieces[-1] += prompt[position:]
    return Weighted(tuple(pieces), tuple(negatives), tuple(notes))


def _part_start(prompt: str, start: int, end: int) -> int:
    """Return where the part begins that ends with the word at `end`."""
    begin = max(start, *(prompt.rfind(mark, start, end) + 1 for mark in _PART_ENDS))
    while prompt[begin].isspace():
        begin += 1
    return begin
