"""What looks at pictures: the checker protocol."""

from __future__ import annotations

from typing import Protocol

from PIL import Image


class Checker(Protocol):
    """Tells how much nudity a picture shows. Blocking; it is called off the event loop."""

    name: str

    def load(self) -> None:
        """Read the weights. Raises WorkerError with a sentence if they are not there."""
        ...

    def nudity(self, image: Image.Image) -> float:
        """Return 0 (none) to 1 (certain). Whatever it raises keeps the picture back."""
        ...

    def close(self) -> None:
        """Give back what was taken; the next picture takes it again."""
        ...
