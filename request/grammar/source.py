"""The text being read, and what reading it needs to know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from common.model import Note
from styles.image_request import LoraWish, TiWish
from styles.limits import Limits
from styles.names import NameIndex, everything


@dataclass(frozen=True)
class Source:
    """A cleaned text and the names that may stand in it."""

    text: str
    names: NameIndex
    """Styles, categories and aliases."""
    models: NameIndex
    """Empty: any word is taken as a model."""
    limits: Limits
    region_end: Callable[[int], int]
    """Where the region of a name or of `--no` that begins at an index ends."""
    offer: Callable[[str], bool] = everything
    """Which styles may be suggested."""


@dataclass(frozen=True, slots=True)
class Taken:
    """The value of one option."""

    end: int
    """Index of the text behind it."""
    values: dict[str, Any] = field(default_factory=dict)
    """Fields of `ImageRequest` it sets."""
    negative: str = ""
    lora: LoraWish | None = None
    ti: TiWish | None = None
    notes: tuple[Note, ...] = ()
    skipped: bool = False
    """An option that means nothing here."""
    rest: str = ""
    """Words behind a style's name that went back to the prompt."""
