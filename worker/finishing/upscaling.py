"""Upscalers of the ESRGAN kind and their successors, read by spandrel from local files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import numpy as np
import torch
from PIL import Image

from common.errors import WorkerError
from worker.finishing.protocol import LONGEST_SIDE, StoppedError

TILE = 512
"""Pixels of the side of what is enlarged at once: memory does not grow with the picture."""
OVERLAP = 32
"""Pixels around a tile that it sees and does not keep."""


class Upscaler:
    """Enlarges pictures tile by tile."""

    def __init__(self, model: Any, device: str) -> None:
        """Take a model as spandrel describes it."""
        self._model = model
        self._device = device

    @classmethod
    def read(cls, file: Path, device: str) -> Self:
        """Read the weights. Raises WorkerError with a sentence."""
        from spandrel import ImageModelDescriptor, ModelLoader  # noqa: PLC0415

        try:
            model = ModelLoader("cpu").load_from_file(file)
        except Exception as error:  # whatever a library makes of a broken file
            raise WorkerError("worker.bad_checkpoint", file=file.name, problem=error) from error
        is_upscaler = isinstance(model, ImageModelDescriptor) and model.purpose == "SR"
        if not is_upscaler or model.input_channels != 3 or model.output_channels != 3:
            raise WorkerError("worker.no_upscaler", file=file.name)
        half = device != "cpu" and model.supports_half
        return cls(model.to(device, torch.float16 if half else torch.float32).eval(), device)

    @torch.inference_mode()
    def finish(
        self, image: Image.Image, cancelled: Callable[[], bool], _strength: float = 1.0
    ) -> Image.Image:
        """Return the picture enlarged by the model's own factor."""
        factor = int(self._model.scale)
        width, height = image.size
        if max(width, height) * factor > LONGEST_SIDE:
            raise WorkerError("worker.too_large_to_finish", limit=LONGEST_SIDE)
        source = np.asarray(image.convert("RGB"), dtype=np.float32) / 255
        result = np.empty((height * factor, width * factor, 3), np.uint8)
        for top, left in _corners(width, height):
            if cancelled():
                raise StoppedError
            bottom, right = min(top + TILE, height), min(left + TILE, width)
            above, before = max(top - OVERLAP, 0), max(left - OVERLAP, 0)
            seen = source[above : bottom + OVERLAP, before : right + OVERLAP]
            made = self._enlarge(seen)
            y, x = (top - above) * factor, (left - before) * factor
            rows, columns = (bottom - top) * factor, (right - left) * factor
            result[top * factor : bottom * factor, left * factor : right * factor] = made[
                y : y + rows, x : x + columns
            ]
        return Image.fromarray(result)

    def _enlarge(self, part: Any) -> Any:
        """Return a part enlarged; shapes (h, w, 3), numbers 0..1 in and 0..255 out."""
        tensor = torch.from_numpy(np.ascontiguousarray(part)).permute(2, 0, 1)[None]
        made = self._model(tensor.to(self._device, self._model.dtype))
        pixels = (made[0].permute(1, 2, 0).float() * 255).round().clamp(0, 255)
        return pixels.to(torch.uint8).cpu().numpy()


def _corners(width: int, height: int) -> Iterator[tuple[int, int]]:
    for top in range(0, height, TILE):
        for left in range(0, width, TILE):
            yield top, left
