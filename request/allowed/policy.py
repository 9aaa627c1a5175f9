"""What is allowed to whom: limits of a person in a place. Pure decisions on values."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence

from common.config import PlaceConfig, StylesConfig
from common.errors import Refusal
from common.model import Incoming
from styles.image_request import ImageRequest
from styles.limits import Defaults, Limits

HOUR = 3600.0
DAY = 24 * HOUR
HINT = "help.no_verb"
"""Code of the line that helps those who were not understood."""
CHOSEN = "help.chosen"
"""Code of what can be done with a picture somebody picked out."""
TOLD_AGAIN_AFTER = {
    HINT: DAY,
    CHOSEN: HOUR,
    "help.greeting": DAY,
    "help.thanks": DAY,
    "help.praise": DAY,
    "help.scolding": DAY,
    "refused.banned": DAY,
    "refused.banned_here": DAY,
    "refused.not_enabled": DAY,
    "refused.local_only": DAY,
    "refused.followers_only": DAY,
    "refused.censored_often": DAY,
    "refused.paused": HOUR,
    "refused.running": HOUR,
    "refused.per_hour": HOUR,
    "refused.running_community": HOUR,
    "refused.per_hour_community": HOUR,
}
"""Seconds for which a person who was told something is not told the same again, by its code."""
MOST_WORDS = 30
"""Answers in words that a person gets in an hour: two bots would go on for ever."""
DEEPEST = 40
"""Answers of ours that may stand one below the other: then whoever replies is not heard there."""


def limits_of(place: PlaceConfig, styles: StylesConfig) -> Limits:
    """Return what a place allows and prefers, as the resolver takes it."""
    return Limits(
        pictures=place.pictures,
        max_pictures=place.max_pictures,
        max_pixels=place.max_pixels,
        max_steps=place.max_steps,
        nsfw=place.nsfw,
        trusted_workers=place.trusted_workers,
        default_style=place.default_style or styles.default,
        styles=place.styles,
        defaults=Defaults(**styles.parameters.model_dump()),
    )


def hordes_of(place: PlaceConfig, *, private: bool) -> tuple[str, ...]:
    """Return the names of the Hordes a place's request may go to; empty: all."""
    return place.private_hordes or place.hordes if private else place.hordes


def check_words(place: PlaceConfig, image: ImageRequest) -> None:
    """Refuse words that the operator has blocked in a place. Raises Refusal."""
    words = unicodedata.normalize("NFKC", f"{image.prompt}\n{image.negative}")
    for pattern in place.blocked:
        if re.search(rf"(?<!\w)(?:{pattern})(?!\w)", words, re.IGNORECASE):
            raise Refusal("refused.blocked")


def check_served(incoming: Incoming) -> None:
    """Refuse whom the account does not serve. Raises Refusal."""
    if incoming.turned_away:
        raise Refusal(incoming.turned_away)


def check_enabled(place: PlaceConfig) -> None:
    """Refuse where the bot does not work. Raises Refusal."""
    if place.enabled is False:
        raise Refusal("refused.not_enabled")


def check_open(place: PlaceConfig) -> None:
    """Refuse where nothing is drawn for now. Raises Refusal."""
    if place.paused:
        raise Refusal("refused.paused")


def rests_until(place: PlaceConfig, censored: Sequence[float]) -> float:
    """Return until when somebody has to wait whose pictures come back censored again and again.

    `censored` are the times of those of the last day, oldest first; 0.0: no need to wait.
    """
    over = len(censored) - place.censored_per_day
    return censored[over] + DAY if over >= 0 else 0.0


def admit(place: PlaceConfig, *, running: int, recent: Sequence[float], now: float) -> None:
    """Refuse a person who has enough running or has asked enough this hour. Raises Refusal.

    `recent` are the times of their requests in the last hour, oldest first. What is to come (the
    clock was put back) counts for nobody.
    """
    recent = [time for time in recent if time <= now]
    if running >= place.running_per_person:
        raise Refusal("refused.running", limit=place.running_per_person)
    over = len(recent) - place.requests_per_hour
    if over >= 0:
        minutes = _minutes_until(recent[over] + HOUR, now)
        raise Refusal("refused.per_hour", limit=place.requests_per_hour, minutes=minutes)


def is_limited(place: PlaceConfig) -> bool:
    """Tell whether a community may ask only so much."""
    limits = (place.running_per_community, place.requests_per_hour_per_community)
    return limits != (None, None)


def admit_community(place: PlaceConfig, *, running: int, first: float | None, now: float) -> None:
    """Refuse where a community has enough running or has asked enough. Raises Refusal.

    `first` is the time of the oldest request that keeps it from another one, if one does.
    """
    most = place.running_per_community
    if most is not None and running >= most:
        raise Refusal("refused.running_community", limit=most)
    limit = place.requests_per_hour_per_community
    if limit is not None and first is not None and first <= now:
        minutes = _minutes_until(first + HOUR, now)
        raise Refusal("refused.per_hour_community", limit=limit, minutes=minutes)


def _minutes_until(then: float, now: float) -> int:
    return max(1, math.ceil((then - now) / 60))


def heard_enough(told: Sequence[tuple[float, str]], code: str, *, now: float) -> bool:
    """Tell whether an answer in words would tire a person, or feed a bot.

    `told` is when they were told what (its code) in the last day.
    """
    again_after = TOLD_AGAIN_AFTER.get(code, 0.0)
    if any(said == code and now - again_after < time <= now for time, said in told):
        return True
    return sum(now - HOUR < time <= now for time, _ in told) >= MOST_WORDS
