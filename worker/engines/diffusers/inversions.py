"""Textual inversions: the vectors of a .safetensors file, for each text encoder of a model."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors import SafetensorError
from safetensors.torch import load_file

NAMES = {"clip_l": 0, "clip_g": 1, "text_encoders": 0, "text_encoders_2": 1}
"""Of files that have vectors for several encoders."""
LARGEST = 20_000_000
"""Bytes of a file; real ones have some kilobytes."""


class UnfitError(Exception):
    """The file has no vectors for this model, or is none of these files."""


def read_inversion(file: Path, widths: Sequence[int]) -> list[Any]:
    """Return the vectors for each encoder, shape (n, width). Raises UnfitError."""
    if file.stat().st_size > LARGEST:
        raise UnfitError(f"{file.name} is larger than {LARGEST} bytes")
    try:
        tensors = load_file(file)
    except (OSError, SafetensorError) as error:
        raise UnfitError(f"{file.name}: {error}") from error
    shaped = {
        name: tensor.reshape(-1, tensor.shape[-1])
        for name, tensor in tensors.items()
        if tensor.dim()
    }
    found: list[Any] = []
    for number, width in enumerate(widths):
        named = [t for name, t in shaped.items() if NAMES.get(name) == number]
        any_name = [t for name, t in shaped.items() if len(widths) == 1 or name not in NAMES]
        fitting = [t for t in (*named, *any_name) if t.shape[-1] == width]
        if not fitting:
            raise UnfitError(f"{file.name} has no vectors of width {width}")
        found.append(fitting[0].float())
    return found
