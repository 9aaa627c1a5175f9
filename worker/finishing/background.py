"""Taking the background away, by rembg with a network from a local file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from PIL import Image

from common.errors import WorkerError


class Cutter:
    """Leaves what stands before a background, the rest transparent."""

    def __init__(self, session: Any) -> None:
        """Take a session of rembg."""
        self._session = session

    @classmethod
    def read(cls, file: Path) -> Self:
        """Read the network. Raises WorkerError with a sentence."""
        import rembg  # noqa: PLC0415

        file = file.absolute()
        os.environ["U2NET_HOME"] = str(file.parent)  # rembg reads from nowhere else
        try:
            return cls(rembg.new_session("u2net_custom", model_path=str(file)))
        except Exception as error:  # whatever a library makes of a broken file
            raise WorkerError("worker.bad_checkpoint", file=file.name, problem=error) from error

    def finish(
        self, image: Image.Image, _cancelled: Callable[[], bool], _strength: float = 1.0
    ) -> Image.Image:
        """Return the picture with an alpha channel."""
        import rembg  # noqa: PLC0415

        cut: Image.Image = rembg.remove(image.convert("RGB"), session=self._session)
        return cut
