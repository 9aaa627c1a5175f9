"""What is allowed to whom: limits of a person in a place. Pure decisions on values."""

from __future__ import annotations

from common.config import PlaceConfig
from common.errors import Refusal

HOUR = 3600.0


def admit(place: PlaceConfig, *, running: int, recent: int) -> None:
    """Refuse a person who has enough running or has asked enough this hour. Raises Refusal."""
    if running >= place.running_per_person:
        raise Refusal("refused.running", limit=place.running_per_person)
    if recent >= place.requests_per_hour:
        raise Refusal("refused.per_hour", limit=place.requests_per_hour)
