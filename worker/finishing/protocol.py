"""The finisher protocol: one picture in, one picture out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PIL import Image

LONGEST_SIDE = 8192
"""Pixels of a finished picture; a larger one is left as it was made."""


class Finisher(Protocol):
    """Changes a finished picture. Blocking; called in the engine's thread."""

    def finish(
        self, image: Image.Image, cancelled: Callable[[], bool], strength: float = 1.0
    ) -> Image.Image:
        """Return the changed picture. Raises StoppedError when `cancelled` says True.

        `strength` is how far it goes, 0..1, for what knows degrees.
        """
        ...


class StoppedError(Exception):
    """The worker has asked for the end."""


Build = Callable[[], Finisher]
"""Reads the weights; called when the first job asks."""
