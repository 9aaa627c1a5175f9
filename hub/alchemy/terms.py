"""What alchemy costs, and how a whole request stands by its forms: pure functions."""

from __future__ import annotations

import math
from collections.abc import Iterable

from common.horde.wire_names import POST_PROCESSORS
from hub.tables import FormState

TILE = 512
MOST_TILES = 255
FORM_SECONDS = 180
"""Seconds an alchemist has for a form before it is given to another."""
PRICES = {"interrogation": 3.0}
PRICE = 1.0
TILE_PRICE = 3.0


def makes_picture(form: str) -> bool:
    """Tell whether a picture comes of a form, not an answer."""
    return form in POST_PROCESSORS


def tiles(width: int, height: int) -> int:
    """Return how many squares of 512 pixels a picture has, begun ones included."""
    return min(MOST_TILES, math.ceil(width / TILE) * math.ceil(height / TILE))


def price(form: str, count: int) -> float:
    """Return the kudos a form costs, for a picture of so many tiles."""
    return TILE_PRICE * count if makes_picture(form) else PRICES.get(form, PRICE)


def whole(forms: Iterable[str]) -> str:
    """Return how a request stands, in the Horde's words, by the states of its forms."""
    states = {FormState(state) for state in forms}
    for same in (FormState.FAULTED, FormState.DONE):
        if states == {same}:
            return same.value
    for going_on in (FormState.PROCESSING, FormState.WAITING):
        if going_on in states:
            return going_on.value
    return "partial"
