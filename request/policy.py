"""What is allowed to whom: limits of a person in a place. Pure decisions on values."""

from __future__ import annotations

from common.config import PlaceConfig
from common.errors import Refusal
from styles.limits import Limits

HOUR = 3600.0


def limits_of(place: PlaceConfig, default_style: str | None) -> Limits:
    """Return what a place allows and prefers, as the resolver takes it."""
    return Limits(
        pictures=place.pictures,
        max_pictures=place.max_pictures,
        max_pixels=place.max_pixels,
        max_steps=place.max_steps,
        nsfw=place.nsfw,
        trusted_workers=place.trusted_workers,
        default_style=default_style,
    )


def hordes_of(place: PlaceConfig, *, private: bool) -> tuple[str, ...]:
    """Return the names of the Hordes a place's request may go to; empty: all."""
    return place.private_hordes or place.hordes if private else place.hordes


def admit(place: PlaceConfig, *, running: int, recent: int) -> None:
    """Refuse a person who has enough running or has asked enough this hour. Raises Refusal."""
    if running >= place.running_per_person:
        raise Refusal("refused.running", limit=place.running_per_person)
    if recent >= place.requests_per_hour:
        raise Refusal("refused.per_hour", limit=place.requests_per_hour)
