"""Words with weights: `(a fox:1.2)`, `(a fox)`, `[a fox]`, `embedding:NAME`, `BREAK`. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

STRONGER = 1.1
"""What a pair of brackets does to the words in it; square ones do the opposite."""
RANGE = (-10.0, 10.0)
BREAK = "BREAK"
DEEPEST = 30
"""Brackets in brackets; what is deeper is text."""

TOKEN = re.compile(
    r"\\[()\[\]\\]|\(|\[|:\s*(?P<weight>[+-]?\d{0,6}(?:\.\d{0,6})?)\s*\)|\)|\]"
    r"|\bBREAK\b|(?<!\w)embedding:(?P<name>[\w.-]+)"
)


@dataclass(frozen=True, slots=True)
class Span:
    """Some words of a prompt, how much they count, or a textual inversion."""

    text: str
    weight: float = 1.0
    embedding: bool = False
    """`text` is the name of a textual inversion."""
    breaks: bool = False
    """A new chunk begins here; there are no words."""


def parse(prompt: str) -> list[Span]:
    """Return the prompt in spans, in order; brackets that are not closed count until the end."""
    spans: list[Span] = []
    opened: list[tuple[str, int]] = []
    last = 0
    for found in TOKEN.finditer(prompt):
        _add(spans, prompt[last : found.start()])
        last = found.end()
        mark = found.group()
        if mark.startswith("\\"):
            _add(spans, mark[1])
        elif mark in ("(", "["):
            if len(opened) < DEEPEST:
                opened.append((mark, len(spans)))
            else:
                _add(spans, mark)
        elif mark == BREAK:
            spans.append(Span("", breaks=True))
        elif found["name"] is not None:
            spans.append(Span(found["name"], embedding=True))
        else:
            _close(spans, opened, mark, found["weight"])
    _add(spans, prompt[last:])
    for mark, start in opened:
        _scale(spans, start, STRONGER if mark == "(" else 1 / STRONGER)
    return _joined(spans)


def _add(spans: list[Span], text: str) -> None:
    if text:
        spans.append(Span(text))


def _close(spans: list[Span], opened: list[tuple[str, int]], mark: str, weight: str | None) -> None:
    """Close the innermost pair that this mark belongs to; without one it is text."""
    wanted = "[" if mark == "]" else "("
    if not opened or opened[-1][0] != wanted:
        _add(spans, mark)
        return
    _, start = opened.pop()
    number = _number(weight)
    if number is None and weight is not None:
        _add(spans, mark[:-1])
    usual = STRONGER if wanted == "(" else 1 / STRONGER
    _scale(spans, start, usual if number is None else number)


def _number(text: str | None) -> float | None:
    try:
        return None if text is None else min(max(float(text), RANGE[0]), RANGE[1])
    except ValueError:
        return None


def _scale(spans: list[Span], start: int, factor: float) -> None:
    for index in range(start, len(spans)):
        span = spans[index]
        weight = min(max(span.weight * factor, RANGE[0]), RANGE[1])
        spans[index] = Span(span.text, weight, span.embedding, span.breaks)


def _joined(spans: list[Span]) -> list[Span]:
    """Put neighbours together that count the same."""
    joined: list[Span] = []
    for span in spans:
        before = joined[-1] if joined else None
        if before and _plain(before) and _plain(span) and before.weight == span.weight:
            joined[-1] = Span(before.text + span.text, span.weight)
        else:
            joined.append(span)
    return joined


def _plain(span: Span) -> bool:
    return not (span.embedding or span.breaks)
