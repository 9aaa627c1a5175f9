"""What a place allows and prefers, and the ranges the Horde's API takes.

`Limits` is filled from a place's settings (`common.config.PlaceConfig`) by the service.
"""

from __future__ import annotations

from dataclasses import dataclass

SIZE_STEP = 64
"""Width and height are multiples of this, in pixels."""
SIZE_RANGE = (64, 3072)
PICTURES_RANGE = (1, 20)
STEPS_RANGE = (1, 500)
CFG_RANGE = (0.0, 100.0)
CLIP_SKIP_RANGE = (1, 12)
STRENGTH_RANGE = (0.01, 1.0)
LORA_STRENGTH_RANGE = (-5.0, 5.0)
MOST_LORAS = 5
MOST_TIS = 20
FACE_FIXER = "CodeFormers"
BACKGROUND_STRIPPER = "strip_background"
MOST_SOURCE_PICTURES = 6
"""One, and five more for a blend."""


@dataclass(frozen=True, slots=True)
class Defaults:
    """What a job gets where neither the person nor the style says anything."""

    steps: int = 30
    cfg_scale: float = 7.5
    sampler: str = "k_euler_a"
    karras: bool = True
    clip_skip: int = 1
    hires_fix: bool = False


@dataclass(frozen=True, slots=True)
class Limits:
    """What a place allows and prefers. The defaults are the widest the Horde takes."""

    pictures: int = 4
    """Pictures per request if the person names no number."""
    max_pictures: int = PICTURES_RANGE[1]
    max_pixels: int = SIZE_RANGE[1] * SIZE_RANGE[1]
    """Largest width × height of one picture."""
    max_steps: int = STEPS_RANGE[1]
    nsfw: bool = False
    """Whether adult styles and models may be used here."""
    trusted_workers: bool = False
    slow_workers: bool = True
    default_style: str | None = None
    """Style or category used when nobody names one; else `featured`, else `raw`."""
    styles: tuple[str, ...] = ()
    """Styles and categories that may be used; empty: all."""
    defaults: Defaults = Defaults()
    """What a job gets where neither the person nor the style says anything."""


@dataclass(frozen=True, slots=True)
class Served:
    """What can be had of a model now, over all endpoints a place may use."""

    workers: int = 1
    loras: bool = True
    """Whether one of them takes LoRAs and textual inversions."""
    source_pictures: bool = True
    """Whether one of them takes a source picture."""
    eta: int = 0
    """Seconds until its queue is empty, as the Horde guesses."""
