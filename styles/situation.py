"""What resolving a request needs at hand, and whether a style can be used at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.reference import ModelReference
from styles.image_request import ImageRequest
from styles.limits import Defaults, Limits, Served
from styles.parsing import Style
from styles.stylelist import StyleList


@dataclass(frozen=True, slots=True)
class Situation:
    """A request, and the world it is resolved in."""

    request: ImageRequest
    stylelist: StyleList
    reference: ModelReference
    limits: Limits
    defaults: Defaults
    served: Mapping[str, Served] | None

    def model(self, style: Style) -> str:
        """Return the model a style is made with here: the person's, else its own."""
        return self.request.model or style.model

    def allows(self, style: Style) -> bool:
        """Tell whether the style and its model may be used in this place."""
        if self.limits.nsfw:
            return True
        return not style.nsfw and not self.reference.nsfw(self.model(style))

    def serves(self, style: Style) -> bool:
        """Tell whether somebody can make the style now, with its LoRAs and the source picture."""
        if self.served is None:
            return True
        had = self.served.get(self.model(style))
        if had is None or had.workers < 1:
            return False
        if self.request.source_picture is not None and not had.source_pictures:
            return False
        wants_loras = bool(style.look.loras or style.look.tis or self.request.loras)
        return had.loras or not wants_loras

    def usable(self, style: Style) -> bool:
        """Tell whether the style is allowed here and served now."""
        return self.allows(style) and self.serves(style)
