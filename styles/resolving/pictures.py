"""What a job does with pictures: with those it starts from, and with those it made."""

from __future__ import annotations

from dataclasses import dataclass

from common.model import Note
from styles.image_request import ImageRequest, Painting
from styles.limits import (
    BACKGROUND_STRIPPER,
    FACE_FIXER,
    MOST_SOURCE_PICTURES,
    STRENGTH_RANGE,
)
from styles.notes import changed

CONTROLLED = ("stable_diffusion_1", "stable_diffusion_2")
"""What baselines begin with that have ControlNets on the Horde."""
BLENDING = "stable_cascade"
"""The one baseline that mixes pictures."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What a job says of the pictures it starts from."""

    source_picture: str | None = None
    source_processing: str | None = None
    extra_pictures: tuple[str, ...] = ()
    control_type: str | None = None
    denoising_strength: float | None = None


def sources(
    request: ImageRequest, model: str, baseline: str | None
) -> tuple[Sources, tuple[Note, ...]]:
    """Return what a job starts from, and what of the request does not go with its model.

    An unknown baseline is taken to do everything: the Horde decides.
    """
    if request.source_picture is None:
        return Sources(), tuple(
            changed("note.needs_picture", option=option) for option in _picture_options(request)
        )
    notes: list[Note] = []
    painting = request.painting or Painting.IMG2IMG
    if painting is Painting.BLEND and baseline not in {BLENDING, None}:
        notes.append(changed("note.blend_dropped", model=model))
        painting = Painting.IMG2IMG
    extra = request.extra_pictures if painting is Painting.BLEND else ()
    control = request.control
    if control is not None and not (baseline or CONTROLLED[0]).startswith(CONTROLLED):
        notes.append(changed("note.control_dropped", model=model))
        control = None
    elif control is not None and painting is not Painting.IMG2IMG:
        notes.append(changed("note.control_with_painting", painting=painting.value))
        control = None
    strength = request.strength
    if strength is not None:
        strength = min(STRENGTH_RANGE[1], max(STRENGTH_RANGE[0], strength))
    return Sources(
        source_picture=request.source_picture,
        source_processing=painting.value,
        extra_pictures=extra[: MOST_SOURCE_PICTURES - 1],
        control_type=control,
        denoising_strength=strength,
    ), tuple(notes)


def post_processing(request: ImageRequest) -> tuple[str, ...]:
    """Return what is done to a finished picture, in the order in which it is done."""
    wanted = (
        FACE_FIXER if request.fix_faces else None,
        request.upscale,
        BACKGROUND_STRIPPER if request.no_background else None,
    )
    return tuple(step for step in wanted if step is not None)


def _picture_options(request: ImageRequest) -> tuple[str, ...]:
    """Return the options of a request that make sense only with a picture to start from."""
    painting = {Painting.INPAINT: "inpaint", Painting.OUTPAINT: "outpaint", Painting.BLEND: "blend"}
    named = (
        "strength" if request.strength is not None else None,
        painting.get(request.painting) if request.painting is not None else None,
        "control" if request.control is not None else None,
    )
    return tuple(option for option in named if option is not None)
