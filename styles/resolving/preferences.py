"""What somebody wants where they say nothing: their own style, model and shape. Pure.

What they write always wins. A style or model of their own that cannot be had here and now is passed
over with a note, for they did not ask for it this time.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from common.model import Note
from styles.image_request import ImageRequest, Painting
from styles.notes import changed
from styles.resolving.choice import may_use, model_had
from styles.resolving.situation import Situation


@dataclass(frozen=True, slots=True)
class Preferences:
    """A person's own defaults; what is "" or None is not set."""

    style: str = ""
    """Name of a style or category of the list, or `random`."""
    model: str = ""
    ratio: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    """Pixels; only one of `ratio` and `size` is set."""


NONE = Preferences()


def prefer(own: Preferences, situation: Situation) -> ImageRequest:
    """Return the request of a situation with a person's own defaults filled in."""
    image, notes = situation.request, list[Note]()
    if own == NONE or image.literal:  # a picture made again is made as it was
        return image
    open_look = image.style is None and image.model is None and image.painting is not Painting.BLEND
    if own.model and open_look:
        if model_had(situation, own.model):
            image = replace(image, model=own.model)
        else:
            notes.append(changed("own.model_left", model=own.model))
    if own.style and open_look and image.source_picture is None:
        if may_use(replace(situation, request=image), own.style):
            image = replace(image, style=own.style)
        else:
            notes.append(changed("own.style_left", style=own.style))
    if image.ratio is None and image.size is None and image.source_picture is None:
        image = replace(image, ratio=own.ratio, size=own.size)
    return replace(image, notes=(*image.notes, *notes))
