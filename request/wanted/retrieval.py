"""What a picture was made with, found again: by its request's id, its recipe, or its looks.

A platform may take the recipe out of a file. Then the short id in the answer and in the alternative
text leads to the request, and so does what the picture looks like, as long as it is kept. What was
made in private is found for its asker alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from common.errors import Refusal
from common.model import Audience, Incoming
from request.answering import recipe
from request.kept.records import JobRow, PictureRow, RequestRow
from request.kept.store import Store
from request.wanted.recreation import recreate
from request.wanted.sources import Sources
from styles.image_request import ImageRequest
from styles.names import NameIndex


@dataclass(frozen=True, slots=True)
class Origin:
    """One of our own pictures, and how it was made."""

    request: RequestRow
    job: JobRow
    picture: PictureRow
    number: int
    """Under which it was shown."""


@dataclass(frozen=True, slots=True)
class Attached:
    """What is known of a picture that somebody brought."""

    recipe: str
    """As other programs read it; "" if it carries none."""
    origin: Origin | None
    """Where it is from, if it is one of ours that may be told of."""


class Retrieval:
    """Finds earlier requests and recipes."""

    def __init__(self, store: Store, sources: Sources, models: Callable[[], NameIndex]) -> None:
        """Take the store, what reads pictures, and the names of models known now."""
        self._store = store
        self._sources = sources
        self._models = models

    async def behind(self, incoming: Incoming, request_id: str | None) -> RequestRow | None:
        """Return the request a follow-up is about: the one it names, or the one it replies to.

        Raises Refusal if it names one that is not kept, or not for this person to see.
        """
        account = incoming.place.account
        if request_id is None:
            if incoming.parent is None:
                return None
            return await self._store.request_behind(account, incoming.parent)
        try:
            row = await self._store.request(request_id)
        except KeyError:
            row = None
        if row is None or row.incoming.place.account != account or not _may_see(row, incoming):
            raise Refusal("refused.no_request", id=request_id)
        return row

    async def attached(self, incoming: Incoming) -> Attached:
        """Return what is known of the first picture that came along. Raises Refusal."""
        found = await self._sources.examined(incoming.pictures[0])
        origin = await self._origin(incoming, found.sha256, found.likeness)
        return Attached(found.recipe, origin)

    def recreated(self, attached: Attached) -> ImageRequest:
        """Return the request for an attached picture. Raises Refusal if nothing is known of it."""
        told, origin = attached.recipe, attached.origin
        image = recreate(told, self._models()) if told else None
        if image is None and origin is not None:
            picture = origin.picture
            told = recipe.recipe(origin.job.job, seed=picture.seed, model=origin.job.job.model)
            image = recreate(told, self._models())
        if image is None or not image.prompt:
            raise Refusal("refused.no_recipe")
        return image

    async def _origin(self, incoming: Incoming, sha256: str, likeness: str) -> Origin | None:
        account = incoming.place.account
        alike = await self._store.pictures_alike(account, sha256=sha256, likeness=likeness)
        for request_id, picture in alike:
            row = await self._store.request(request_id)
            if not _may_see(row, incoming):
                continue
            jobs = {job.id: job for job in await self._store.jobs_of(request_id)}
            shown = [one.generation for one in await self._sources.shown(request_id)]
            number = shown.index(picture.generation) + 1
            return Origin(row, jobs[picture.job], picture, number)
        return None


def _may_see(row: RequestRow, incoming: Incoming) -> bool:
    """Tell whether a person may be told of a request: their own, or one made in public."""
    private = row.incoming.audience is Audience.PRIVATE or (row.parsed or {}).get("private", False)
    return row.incoming.person.id == incoming.person.id or not private
