"""The engine protocol: what turns a task into pictures.

An engine knows neither the Horde nor the network. It runs in a thread or process of its own and
may block. What it cannot do it lists in `EngineInfo` (so that it is never offered) or reports as
a `Fault` with the picture; it never ignores a wish silently.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from PIL import Image


class Feature(StrEnum):
    """What a job may ask beyond a picture from words. The value is how people are told."""

    IMG2IMG = "a source picture"
    INPAINTING = "inpainting"
    LORA = "LoRAs"
    TEXTUAL_INVERSION = "textual inversions"
    CONTROLNET = "ControlNet"
    HIRES_FIX = "hires fix"
    TILING = "tiling"
    CLIP_SKIP = "clip skip"
    NSFW = "adult pictures"
    """Its pictures are checked by the worker, or nobody but its owner sees them."""


class Painting(StrEnum):
    """What becomes of a source picture, in the Horde's words."""

    IMG2IMG = "img2img"
    INPAINTING = "inpainting"
    OUTPAINTING = "outpainting"


@dataclass(frozen=True, slots=True)
class EngineLora:
    """A LoRA to apply: a name or CivitAI id, and how strongly to which half of the model."""

    name: str
    model: float = 1.0
    clip: float = 1.0
    file: Path | None = None
    """Where it lies; None: the engine finds it by its name, or reports that it does not."""


@dataclass(frozen=True, slots=True)
class EngineTi:
    """A textual inversion to apply. Its words stand in the prompt as `embedding:NAME`."""

    name: str
    file: Path | None = None


@dataclass(frozen=True, slots=True)
class Control:
    """What is taken from the source picture by a ControlNet."""

    type: str
    """`canny`, `depth`, … in the Horde's words."""
    is_control: bool = False
    """The source picture is the control map already."""
    return_map: bool = False
    """Only the control map is wanted."""


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
    """1 takes the text encoder's last layer, 2 the one before it …"""
    tiling: bool = False
    hires_fix: bool = False
    hires_denoise: float = 0.65
    """How much the second pass of a hires fix changes."""
    loras: tuple[EngineLora, ...] = ()
    tis: tuple[EngineTi, ...] = ()
    source_image: Image.Image | None = None
    """RGB, in the size of the picture."""
    mask: Image.Image | None = None
    """Greyscale, in the size of the picture: white is painted anew."""
    painting: Painting = Painting.IMG2IMG
    denoise: float = 1.0
    """With a source image: 0 keeps it, 1 ignores it."""
    control: Control | None = None
    post_processing: tuple[str, ...] = ()
    """What is done to the finished picture, in the Horde's words."""
    face_strength: float = 0.75
    """How far faces are restored, if that is among it; 0..1."""


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
    features: frozenset[Feature] = frozenset()
    post_processing: frozenset[str] = frozenset()
    """What can be done to finished pictures, in the Horde's words: `RealESRGAN_x4plus` …"""
    assets: frozenset[str] = frozenset()
    """LoRAs and inversions it has itself, by name: lower case, without folder and ending."""
    own_assets: bool = False
    """True: it finds LoRAs and textual inversions by name itself; none are fetched for it."""
    private_only: bool = False
    """True: never offer it to the public AI Horde."""
    problems: tuple[str, ...] = ()
    """Sentences for the operator: what lies there and cannot be used."""

    def can(self, feature: Feature) -> bool:
        """Tell whether jobs may ask for this."""
        return feature in self.features


def common_ground(infos: Sequence[EngineInfo]) -> EngineInfo:
    """Return what every one of several engines can do: a job may come to any of them."""
    first = infos[0]
    names = [set(info.models) for info in infos]
    return replace(
        first,
        models=tuple(name for name in first.models if all(name in each for each in names)),
        max_pixels=min(info.max_pixels for info in infos),
        max_batch=min(info.max_batch for info in infos),
        features=first.features.intersection(*(info.features for info in infos)),
        post_processing=first.post_processing.intersection(
            *(info.post_processing for info in infos)
        ),
        assets=first.assets.intersection(*(info.assets for info in infos)),
        private_only=any(info.private_only for info in infos),
        problems=tuple(dict.fromkeys(each for info in infos for each in info.problems)),
    )


class Engine(Protocol):
    """Makes pictures. Blocking; the worker calls it off the event loop.

    Its class has `build(config) -> Self` for `worker.engines.build_engine`, and may have `unload`,
    which gives the memory back until the next task.
    """

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
