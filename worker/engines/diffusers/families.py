"""Which family a checkpoint belongs to, told by the names and shapes of its tensors. Pure."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from common.errors import WorkerError

UNET_IN = "model.diffusion_model.input_blocks.0.0.weight"
CONTEXT = "model.diffusion_model.input_blocks.4.1.transformer_blocks.0.attn2.to_k.weight"
XL_TEXT = "conditioner.embedders.1.model.transformer.resblocks.0.ln_1.weight"
LARGEST_HEADER = 100_000_000
"""Bytes; the largest real ones have about one million."""


class Family(StrEnum):
    """Models that are built alike. The value is the Horde's name of the baseline."""

    SD1 = "stable diffusion 1"
    SD2 = "stable diffusion 2"
    SDXL = "stable_diffusion_xl"
    FLUX = "flux_1"
    OTHER = "other"
    """Built in a way of its own; only from a diffusers folder."""


NATIVE = {Family.SD1: 512, Family.SD2: 768, Family.SDXL: 1024, Family.FLUX: 1024}
"""Side of the pictures a family has learned, in pixels."""


@dataclass(frozen=True, slots=True)
class Kind:
    """What a checkpoint is."""

    family: Family
    in_channels: int = 4
    """9 for models made for inpainting."""


def read_shapes(path: Path) -> dict[str, tuple[int, ...]]:
    """Return the shape of each tensor of a .safetensors file, from its header alone.

    Raises WorkerError with a sentence if it is no such file.
    """
    try:
        with path.open("rb") as file:
            (size,) = struct.unpack("<Q", file.read(8))
            header: dict[str, Any] = json.loads(file.read(min(size, LARGEST_HEADER)))
            return {
                name: tuple(entry["shape"])
                for name, entry in header.items()
                if name != "__metadata__"
            }
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise WorkerError("worker.bad_checkpoint", file=path.name, problem=error) from error


def recognise(shapes: Mapping[str, tuple[int, ...]], file: str) -> Kind:
    """Return what a checkpoint in the original layout is. Raises WorkerError if it is unknown."""
    if UNET_IN not in shapes:
        raise WorkerError("worker.no_checkpoint", file=file)
    channels = shapes[UNET_IN][1]
    if XL_TEXT in shapes:
        return Kind(Family.SDXL, channels)
    families = {768: Family.SD1, 1024: Family.SD2}
    width = shapes.get(CONTEXT, (0, 0))[1]
    if width not in families:
        raise WorkerError("worker.unknown_family", file=file)
    return Kind(families[width], channels)


def family_of_pipeline(class_name: str) -> Family:
    """Return the family of a diffusers folder, by the pipeline that its model_index.json names."""
    if class_name.startswith("StableDiffusionXL"):
        return Family.SDXL
    if class_name.startswith("Flux"):
        return Family.FLUX
    return Family.SD1 if class_name.startswith("StableDiffusionP") else Family.OTHER
