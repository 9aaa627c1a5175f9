"""The engine protocol: what turns a task into pictures.

An engine knows neither the Horde nor the network. It runs in a thread or process of its own and
may block. What it cannot do it lists in `EngineInfo` (so that it is never offered) or reports as
a `Fault` with the picture; it never ignores a wish silently.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from PIL import Image


@dataclass(frozen=True, slots=True)
class EngineLora:
    """A LoRA to apply: a name or CivitAI id, and how strongly to which half of the model."""

    name: str
    model: float = 1.0
    clip: float = 1.0


@dataclass(frozen=True, slots=True)
class Task:
    """One piece of work, validated: no Horde types, nothing left to look up."""

    model: str
    prompt: str
    negative: str
    width: int
    height: int
    """Pixels of the finished picture, multiples of 64."""
    steps: int
    cfg_scale: float
    sampler: str
    karras: bool
    seeds: tuple[int, ...]
    """One picture is made per seed."""
    clip_skip: int = 1
    tiling: bool = False
    loras: tuple[EngineLora, ...] = ()
    source_image: Image.Image | None = None
    denoise: float = 1.0
    """With a source image: 0 keeps it, 1 ignores it."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A wish that could not be met, in the Horde's own terms (`gen_metadata`)."""

    type: str
    """`lora`, `ti`, `source_image`, `information`, …"""
    value: str
    """`download_failed`, `parse_failed`, `baseline_mismatch`, `see_ref`."""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Generated:
    """One finished picture with the seed that made it."""

    image: Image.Image
    seed: int
    faults: tuple[Fault, ...] = ()


@dataclass(frozen=True, slots=True)
class EngineInfo:
    """What an engine offers."""

    name: str
    models: tuple[str, ...]
    max_pixels: int
    """Largest width x height of a task."""
    max_batch: int = 1
    img2img: bool = False
    inpainting: bool = False
    lora: bool = False
    controlnet: bool = False
    post_processing: bool = False
    private_only: bool = False
    """True: never offer it to the public AI Horde."""
    features: frozenset[str] = field(default_factory=frozenset)


class Engine(Protocol):
    """Makes pictures. Blocking; the worker calls it off the event loop."""

    def info(self) -> EngineInfo:
        """Return what this engine offers, after `load` has made it true."""
        ...

    def load(self) -> None:
        """Read the weights. Raises WorkerError with a sentence if they are not there."""
        ...

    def generate(
        self,
        task: Task,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Generated]:
        """Make one picture per seed.

        `progress` takes 0..1 of the whole task; `cancelled` is asked once a step, and when it
        says True the engine returns what is finished.
        """
        ...
