r"""Braces in a prompt: `{a, b}` gives every variant, `{a|b}` one of them.

Doubled braces, an escaped `\{`, braces without comma or bar, unclosed ones, and those deeper
than three stay text. A group with a bar is a choice; commas in it are text.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass

DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Variants:
    """The prompts a prompt with braces stands for."""

    prompts: tuple[str, ...]
    """Left to right: the first group changes slowest."""
    total: int
    """How many there would be without the limit."""
    permuted: bool
    """Whether there was a `{a, b}` at all (even one that leaves a single variant)."""


@dataclass(frozen=True, slots=True)
class _Group:
    """A `{a, b}`: its alternatives, each a sequence of text and groups."""

    alternatives: tuple[_Sequence, ...]


_Sequence = tuple["str | _Group", ...]


def expand(prompt: str, rng: random.Random, most: int) -> Variants:
    """Return at most `most` variants of a prompt; choices are made by `rng`, left to right."""
    tree = _Parser(prompt, rng).sequence(0, len(prompt), 1)
    prompts = tuple(itertools.islice(_texts(tree, most), most))
    return Variants(prompts, _count(tree), any(isinstance(part, _Group) for part in tree))


class _Parser:
    """Reads a prompt with braces; matching pairs are known before anything is read."""

    def __init__(self, text: str, rng: random.Random) -> None:
        self.text = text
        self.rng = rng
        self.closes = _pairs(text)

    def sequence(self, start: int, end: int, depth: int) -> _Sequence:
        parts: list[str | _Group] = []
        plain = start
        position = start
        while position < end:
            close = self.closes.get(position)
            if close is None:
                position += 1
                continue
            group = self.group(position, close, depth) if depth <= DEEPEST else None
            if group is None:  # text with its braces, though there may be groups inside
                position = position + 1 if depth <= DEEPEST else close + 1
                continue
            parts.append(self.text[plain:position])
            parts.extend(group)
            plain = position = close + 1
        parts.append(self.text[plain:end])
        return tuple(parts)

    def group(self, opening: int, close: int, depth: int) -> _Sequence | None:
        """Return what a pair of braces stands for, or None if it is text."""
        cuts = self.separators(opening + 1, close, "|") or self.separators(opening + 1, close, ",")
        if not cuts:
            return None
        edges = [opening, *cuts, close]
        alternatives = tuple(
            self.sequence(*_stripped(self.text, before + 1, after), depth + 1)
            for before, after in itertools.pairwise(edges)
        )
        if self.text[cuts[0]] == "|":
            return self.rng.choice(alternatives)
        return (_Group(alternatives),)

    def separators(self, start: int, end: int, mark: str) -> list[int]:
        found = []
        position = start
        while position < end:
            if self.text[position] == mark:
                found.append(position)
            position = self.closes.get(position, position) + 1
        return found


def _pairs(text: str) -> dict[int, int]:
    """Return `{index of an opening brace: index of its closing one}`."""
    pairs: dict[int, int] = {}
    waiting: list[int | None] = []  # None: a doubled brace, closed only by a doubled one
    position = 0
    while position < len(text):
        char, double = text[position], text[position : position + 2]
        if char == "\\":
            position += 2
            continue
        if double == "{{" or (double == "}}" and waiting and waiting[-1] is None):
            if double == "{{":
                waiting.append(None)
            else:
                waiting.pop()
            position += 2
            continue
        if char == "{":
            waiting.append(position)
        elif char == "}":
            while waiting and waiting[-1] is None:  # a doubled brace nobody closed is text
                waiting.pop()
            if waiting and (opening := waiting.pop()) is not None:
                pairs[opening] = position
        position += 1
    return pairs


def _stripped(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _texts(tree: _Sequence, most: int) -> Iterator[str]:
    columns = [
        [part] if isinstance(part, str) else list(itertools.islice(_group_texts(part, most), most))
        for part in tree
    ]
    return map("".join, itertools.product(*columns))


def _group_texts(group: _Group, most: int) -> Iterator[str]:
    for alternative in group.alternatives:
        yield from _texts(alternative, most)


def _count(tree: _Sequence) -> int:
    total = 1
    for part in tree:
        if isinstance(part, _Group):
            total *= sum(_count(alternative) for alternative in part.alternatives)
    return total
