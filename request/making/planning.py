"""From what is wanted to the jobs that make it: pictures, LoRAs and styles found, all checked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from common.config import PlaceConfig
from common.errors import Refusal
from common.model import Audience, Incoming, Job, Note
from common.reference.models import ModelReference
from request.adapter import Capabilities
from request.allowed import safety
from request.allowed.policy import hordes_of
from request.allowed.preferences import PreferenceStore
from request.horde.hordes import Hordes
from request.making.assets import Assets, of_list
from request.wanted.reading import Wanted
from request.wanted.sources import Sources
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.lists.stylelist import StyleList
from styles.resolving import choice, resolver
from styles.resolving.preferences import prefer
from styles.resolving.situation import Situation


@dataclass(frozen=True, slots=True)
class Plan:
    """What a request will be made with."""

    image: ImageRequest
    """With its pictures kept and its LoRAs named by id."""
    jobs: tuple[Job, ...]
    notes: tuple[Note, ...]


class Planning:
    """Plans requests. Asks the network for what is not known yet, for some seconds at most."""

    def __init__(
        self,
        styles: Callable[[], StyleList],
        reference: Callable[[], ModelReference],
        hordes: Hordes,
        sources: Sources,
        assets: Assets,
        *,
        preferences: PreferenceStore,
    ) -> None:
        """Take the styles and the model reference of the moment, and who is asked."""
        self._styles = styles
        self._reference = reference
        self._hordes = hordes
        self._sources = sources
        self._assets = assets
        self._preferences = preferences

    async def plan(
        self,
        incoming: Incoming,
        wanted: Wanted,
        place: PlaceConfig,
        limits: Limits,
        *,
        can: Capabilities,
    ) -> Plan:
        """Return the plan of a request on a platform that can so much. Raises Refusal."""
        image = wanted.image
        asked_in_private = incoming.audience is Audience.PRIVATE
        if image.private and not (can.private_replies or asked_in_private):
            raise Refusal("refused.private")
        if asked_in_private and not can.private_pictures:
            raise Refusal("refused.private_pictures")
        safety.check_request(image)
        image = await self._sources.gather(incoming, image)
        served = await self._hordes.served(
            trusted=limits.trusted_workers,
            allowed=hordes_of(place, private=image.private),
        )
        if wanted.parent is None:  # what follows an earlier request is like that one
            own = await self._preferences.of(incoming.place.account, incoming.person.id)
            here = Situation(image, wanted.stylelist, self._reference(), limits, served)
            image = prefer(own, here)
        listed = of_list(self._styles()) if image.literal else ()
        image = await self._assets.checked(image, limits, listed=listed)
        resolution = resolver.resolve(
            image,
            wanted.stylelist,
            served=served,
            reference=self._reference(),
            limits=limits,
            rng_seed=wanted.rng_seed,
        )
        jobs, notes = await self._assets.credited(resolution.jobs, image, limits)
        safety.check_jobs(jobs, image)
        if limits.nsfw and any(self._adult(job, wanted.stylelist) for job in jobs):
            image = replace(image, spoiler=True)
        return Plan(image, jobs, (*resolution.notes, *notes))

    def _adult(self, job: Job, stylelist: StyleList) -> bool:
        """Tell whether a job's style or model is marked as one for adults."""
        style = stylelist.styles.get(job.style)
        return self._reference().nsfw(job.model) or (style is not None and style.nsfw)

    async def alternatives(
        self, image: ImageRequest, style: str, place: PlaceConfig, limits: Limits
    ) -> tuple[str, ...]:
        """Return styles that somebody serves now, in place of one that nobody could make."""
        served = await self._hordes.served(
            trusted=limits.trusted_workers, allowed=hordes_of(place, private=image.private)
        )
        free = replace(image, model=None, style=None)
        styles = self._styles().only(limits.styles)
        situation = Situation(free, styles, self._reference(), limits, served)
        return choice.alternatives(situation, style)
