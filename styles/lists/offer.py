"""Which names may be offered to people in a place: suggestions, lists, searches."""

from __future__ import annotations

from collections.abc import Callable

from common.reference.models import ModelReference
from styles.lists.parsing import Style
from styles.lists.stylelist import StyleList
from styles.names import everything


def offered(
    stylelist: StyleList, reference: ModelReference, *, nsfw: bool
) -> Callable[[str], bool]:
    """Return whether a style or category of the list may be offered where `nsfw` is so.

    A category may be if one of its styles may.
    """
    if nsfw:
        return everything

    def suits_all(style: Style) -> bool:
        return not style.nsfw and not reference.nsfw(style.model)

    def offer(name: str) -> bool:
        style = stylelist.styles.get(name)
        if style is not None:
            return suits_all(style)
        return any(suits_all(stylelist.styles[member]) for member in stylelist.expand(name))

    return offer
