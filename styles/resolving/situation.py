"""What resolving a request needs at hand, and whether a style can be used at all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from common.reference.models import ModelReference
from styles.image_request import ImageRequest
from styles.limits import Defaults, Limits, Served
from styles.lists.parsing import Style
from styles.lists.stylelist import StyleList


@dataclass(frozen=True, slots=True)
class Situation:
    """A request, and the world it is resolved in."""

    request: ImageRequest
    stylelist: StyleList
    reference: ModelReference
    limits: Limits
    served: Mapping[str, Served] | None

    @property
    def defaults(self) -> Defaults:
        """What holds where neither the person nor the style says anything."""
        return self.limits.defaults

    def model(self, style: Style) -> str:
        """Return the model a style is made with here: the person's, else its own."""
        if self.request.model is not None:
            return self.request.model
        if self.served is None or not style.other_models:
            return style.model
        models = (style.model, *style.other_models)
        return next((model for model in models if self._workers(model) > 0), style.model)

    def wait(self, style: Style) -> int:
        """Return the seconds until the queue of the style's model is empty; 0 if unknown."""
        had = None if self.served is None else self.served.get(self.model(style))
        return 0 if had is None else had.eta

    def allows(self, style: Style) -> bool:
        """Tell whether the style and its model may be used in this place."""
        if self.limits.nsfw:
            return True
        return not style.nsfw and not self.reference.nsfw(self.model(style))

    def serves(self, style: Style) -> bool:
        """Tell whether somebody can make the style now, with its LoRAs and the source picture."""
        if self.served is None:
            return True
        model = self.model(style)
        if self._workers(model) < 1:
            return False
        had = self.served[model]
        if self.request.source_picture is not None and not had.source_pictures:
            return False
        request, look = self.request, style.look
        wants_loras = bool(look.loras or look.tis or request.loras or request.tis)
        return had.loras or not wants_loras

    def usable(self, style: Style) -> bool:
        """Tell whether the style is allowed here and served now."""
        return self.allows(style) and self.serves(style)

    def _workers(self, model: str) -> int:
        had = None if self.served is None else self.served.get(model)
        return 0 if had is None else had.workers
