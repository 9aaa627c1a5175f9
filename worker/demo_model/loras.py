"""Adding a LoRA to the weights of the denoiser."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from worker.demo_model.tensors import Array, read_tensors

Shapes = Mapping[str, tuple[int, ...]]
_DOWN, _UP, _ALPHA = ".lora_A.weight", ".lora_B.weight", ".alpha"


class LoraError(ValueError):
    """The file is not a LoRA for this model; the message says why."""


def lora_changes(path: Path, strength: float, weights: Mapping[str, Array]) -> dict[str, Array]:
    """Return the weights a LoRA changes, changed by `strength` times its difference.

    Every layer of the file must be there and fit: raises LoraError otherwise, since half a LoRA
    draws neither one style nor the other.
    """
    pairs = read_lora(path, {name: weight.shape for name, weight in weights.items()})
    changes = {}
    for target, (down, up, scale) in pairs.items():
        difference = (up @ down).reshape(weights[target].shape)
        changes[target] = weights[target] + np.float32(strength * scale) * difference
    return changes


def read_lora(path: Path, shapes: Shapes) -> dict[str, tuple[Array, Array, float]]:
    """Return the two factors (rank x in, out x rank) and the scale for each weight a LoRA changes.

    Raises LoraError unless every tensor of the file has its place in weights of these shapes.
    """
    try:
        tensors = read_tensors(path)
    except (OSError, ValueError) as error:
        raise LoraError(str(error)) from error
    names = [name.removesuffix(_DOWN) for name in tensors if name.endswith(_DOWN)]
    strays = set(tensors) - {name + end for name in names for end in (_DOWN, _UP, _ALPHA)}
    if strays or not names:
        found = min(strays, default="nothing of the kind")
        raise LoraError(f"{path.name} is no LoRA in PEFT's keys: it holds {found}")
    pairs = {}
    for name in names:
        target = name.removeprefix("unet.") + ".weight"
        pairs[target] = _factors(path, name, tensors, shapes.get(target))
    return pairs


def _factors(
    path: Path, name: str, tensors: Mapping[str, Array], shape: tuple[int, ...] | None
) -> tuple[Array, Array, float]:
    down, up = tensors[name + _DOWN], tensors.get(name + _UP)
    if shape is None or up is None:
        raise LoraError(f"{path.name} was made for another model: no place for {name}")
    rank = down.shape[0]
    down, up = down.reshape(rank, -1), up.reshape(up.shape[0], -1)
    if up.shape[1] != rank or (up.shape[0], down.shape[1]) != (shape[0], math.prod(shape[1:])):
        raise LoraError(f"{path.name} was made for another model: {name} has another shape")
    alpha = tensors.get(name + _ALPHA)
    return down, up, 1.0 if alpha is None else float(alpha) / rank
