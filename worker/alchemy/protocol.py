"""What an alchemist does: one form in, an answer or a picture out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from PIL import Image

CAPTION, INTERROGATION, NSFW = "caption", "interrogation", "nsfw"
"""What is told of a picture, in the Horde's words."""


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to be done with a picture."""

    form: str
    """In the Horde's words."""
    image: Image.Image
    """RGB."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it: one of the two."""

    answer: Any = None
    """Text, a number, or lists of words with how sure it is of each."""
    image: Image.Image | None = None


class Craft(Protocol):
    """Does one kind of work. Blocking; it runs in a process of its own."""

    def work(self, image: Image.Image, cancelled: Callable[[], bool]) -> Outcome:
        """Return what came of a picture. Raises WorkerError with a sentence."""
        ...


Build = Callable[[], Craft]
"""Reads what a craft needs. Raises WorkerError."""
