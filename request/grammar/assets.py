"""How LoRAs and textual inversions are written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.model import Note
from request.grammar.source import Source, Taken
from request.grammar.values import AFTER_VALUE, WORD, clamped, decimal, unreadable, word_at
from styles.image_request import LoraWish, TiWish
from styles.limits import LORA_STRENGTH_RANGE

LONGEST_NAME = 255

_STRENGTH = re.compile(r":([+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+))\Z")
_VERSION = "v:"


@dataclass(frozen=True, slots=True)
class _Asset:
    name: str
    strength: float
    is_version: bool
    end: int
    notes: tuple[Note, ...]


def lora(source: Source, start: int, option: str, example: str) -> Taken:
    """Read `ID[:STRENGTH]`, `v:ID` for a version, or a name in quotes."""
    asset = _asset(source, start, option, example)
    name = asset.name
    if asset.is_version and not (name.isascii() and name.isdigit()):
        raise unreadable(option, f"{_VERSION}{name}", example)
    wish = LoraWish(name, asset.strength, asset.is_version)
    return Taken(asset.end, lora=wish, notes=asset.notes)


def ti(source: Source, start: int, option: str, example: str) -> Taken:
    """Read `ID[:STRENGTH]` or a name in quotes; the Horde takes no versions of these."""
    asset = _asset(source, start, option, example)
    if asset.is_version:
        raise unreadable(option, f"{_VERSION}{asset.name}", example)
    return Taken(asset.end, ti=TiWish(asset.name, asset.strength), notes=asset.notes)


def _asset(source: Source, start: int, option: str, example: str) -> _Asset:
    word, end = word_at(source, start, option, example)
    version = word[:2].casefold() == _VERSION
    name = word[2:] if version else word
    tail = WORD.match(source.text, end) if source.text[end : end + 1] == ":" else None
    if tail is not None:  # "a name":0.7
        name, end = name + tail[0].rstrip(AFTER_VALUE), tail.end()
    strength = 1.0
    notes: tuple[Note, ...] = ()
    found = _STRENGTH.search(name)
    if found is not None:
        strength, notes = clamped(option, found[1], decimal(found[1]), LORA_STRENGTH_RANGE)
        name = name[: found.start()]
    if not name or len(name) > LONGEST_NAME:
        raise unreadable(option, word, example)
    return _Asset(name, strength, version, end, notes)
