"""What holds for one request: the settings of its place, its limits, and the terms of its jobs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from common import texts
from common.config import Config, PlaceConfig
from common.model import Incoming
from request.adapter import Adapter
from request.allowed import policy
from request.allowed.places import Places
from request.allowed.terms import Terms
from request.kept.marks import Marks
from styles.image_request import ImageRequest
from styles.limits import Limits


class Conditions:
    """Looks up what holds, as the configuration and the place's moderators say now."""

    def __init__(self, config: Callable[[], Config], places: Places, marks: Marks) -> None:
        self._config = config
        self._places = places
        self._marks = marks

    async def place(self, incoming: Incoming, adapter: Adapter) -> PlaceConfig:
        """Return what holds where something was said, for the one who said it."""
        return await self._places.of(incoming, opt_in=adapter.capabilities.opt_in)

    def in_language(self, incoming: Incoming) -> Incoming:
        """Return what was said with the language to answer in: the asker's, or the place's."""
        if incoming.language in texts.spoken():
            return incoming
        place = self._config().place(incoming.place.account, incoming.place.community)
        return replace(incoming, language=place.language or incoming.language)

    def terms(self, incoming: Incoming, place: PlaceConfig, image: ImageRequest) -> Terms:
        """Return what holds for the jobs of a request."""
        allowed = policy.hordes_of(place, private=image.private)
        mark = self._marks.for_horde(incoming.place.account, incoming.person.id)
        return Terms(private=image.private, hordes=allowed, person=mark)

    def limits(self, place: PlaceConfig) -> Limits:
        """Return how large and how many pictures may be in a place."""
        return policy.limits_of(place, self._config().styles)
