"""The LoRAs and textual inversions of a request: looked up, judged, credited.

What a person names is looked up before the request is resolved, so that a name becomes an id and
what may not be used is refused. What the jobs then use, the styles' own included, is credited to
its makers, and what will probably be skipped is said at once.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from common.civitai.assets import SITE, Asset, AssetKind, AssetVersion
from common.civitai.catalogue import AssetCatalogue
from common.errors import AssetError, AssetRefused, Refusal
from common.model import Credit, Job, LoraUse, Note, TiUse
from common.reference.models import ModelReference
from styles.image_request import ImageRequest, LoraWish, TiWish
from styles.limits import Limits
from styles.lists.stylelist import StyleList
from styles.notes import changed, each_once
from styles.verdicts import judge

LOOKING_UP = 5.0
"""Seconds in which what a person names must be found."""
CREDITING = 2.0
"""Seconds in which the makers of a style's own LoRAs may be found; an answer can do without."""

Found = tuple[Asset, AssetVersion]
Listed = tuple[AssetKind, str, bool]
"""Kind, name, and whether the name is a version's."""
Use = TypeVar("Use", LoraUse, TiUse)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the operator says of LoRAs (`civitai` in the configuration)."""

    max_bytes: int = 400 * 1000 * 1000
    unchecked: Literal["refuse", "allow"] = "refuse"


class Assets:
    """Looks up, judges and credits."""

    def __init__(
        self,
        catalogue: AssetCatalogue,
        reference: Callable[[], ModelReference],
        rules: Callable[[], Rules],
    ) -> None:
        """Take what is known, and the model reference and the operator's rules of the moment."""
        self._catalogue = catalogue
        self._reference = reference
        self._rules = rules

    async def checked(
        self, image: ImageRequest, limits: Limits, *, listed: Collection[Listed] = ()
    ) -> ImageRequest:
        """Return the request with each LoRA and textual inversion named by its id.

        `listed` are those that a style would use without asking: they may be unknown.
        Raises Refusal for one that does not exist, is not told of, or may not be used here.
        """
        found = await asyncio.gather(*(self._wished(wish, limits, listed) for wish in image.assets))
        loras, tis = found[: len(image.loras)], found[len(image.loras) :]
        notes = [note for _wish, note in found if note is not None]
        return replace(
            image,
            loras=tuple(wish for wish, _ in loras if isinstance(wish, LoraWish)),
            tis=tuple(wish for wish, _ in tis if isinstance(wish, TiWish)),
            notes=each_once((*image.notes, *notes)),
        )

    async def credited(
        self, jobs: Sequence[Job], image: ImageRequest, limits: Limits
    ) -> tuple[tuple[Job, ...], tuple[Note, ...]]:
        """Return the jobs with their LoRAs credited, and what of them will not work.

        A style's LoRA that may not be used here is left out, with a note.
        """
        await self._learn(jobs)
        wished = {(type(wish) is LoraWish, wish.name) for wish in image.assets}
        notes: list[Note] = []
        made = []
        for job in jobs:
            loras = tuple(self._judged(use, job, limits, wished, notes) for use in job.loras)
            tis = tuple(self._judged(use, job, limits, wished, notes) for use in job.tis)
            kept = tuple(use for use in loras if use is not None)
            made.append(replace(job, loras=kept, tis=tuple(use for use in tis if use is not None)))
        return tuple(made), each_once(notes)

    async def _wished(
        self, wish: LoraWish | TiWish, limits: Limits, listed: Collection[Listed]
    ) -> tuple[LoraWish | TiWish, Note | None]:
        kind, is_version = _identity(wish)
        try:
            asset, version = await self._catalogue.about(
                wish.name, kind=kind, is_version=is_version, deadline=LOOKING_UP
            )
        except AssetError as error:
            return wish, self._unknown(wish, error, listed)
        verdict = judge(
            asset, version, baseline=None, nsfw=limits.nsfw, max_bytes=self._rules().max_bytes
        )
        if verdict.refused:
            raise Refusal("refused.asset", name=asset.name, problem=verdict.sentence)
        if is_version:
            return wish, None
        return replace(wish, name=str(asset.id)), None

    def _unknown(
        self, wish: LoraWish | TiWish, error: AssetError, listed: Collection[Listed]
    ) -> Note | None:
        """Return the note on something nothing is known of; refuse it if that may not be."""
        kind, is_version = _identity(wish)
        if (kind, wish.name, is_version) in listed:
            return None
        if isinstance(error, AssetRefused):
            raise Refusal("refused.asset", name=wish.name, problem=error) from error
        if self._rules().unchecked == "refuse":
            raise Refusal("refused.asset_unchecked", name=wish.name, problem=error) from error
        return changed("note.asset_unchecked", name=wish.name)

    async def _learn(self, jobs: Sequence[Job]) -> None:
        """Look up what is used and not known yet, as far as the time allows."""
        unknown = {
            (_kind(use), use.name, _is_version(use))
            for job in jobs
            for use in job.assets
            if self._known(use) is None
        }

        async def learn(kind: AssetKind, name: str, is_version: bool) -> None:
            try:
                await self._catalogue.about(
                    name, kind=kind, is_version=is_version, deadline=CREDITING
                )
            except AssetError:
                return  # its link will have to do

        await asyncio.gather(*(learn(*one) for one in unknown))

    def _judged(
        self,
        use: Use,
        job: Job,
        limits: Limits,
        wished: set[tuple[bool, str]],
        notes: list[Note],
    ) -> Use | None:
        """Return a LoRA of a job with its credit, or None if it may not be used."""
        known = self._known(use)
        if known is None:
            return replace(use, credit=_nameless(use))
        asset, version = known
        verdict = judge(
            asset,
            version,
            baseline=self._reference().baseline(job.model),
            model=job.model,
            nsfw=limits.nsfw,
            max_bytes=self._rules().max_bytes,
        )
        named = (isinstance(use, LoraUse), use.name) in wished
        if verdict.refused:
            notes.append(changed("note.asset_left_out", name=asset.name, problem=verdict.sentence))
            return None
        if named and not verdict.usable:
            notes.append(changed("note.asset_unfit", name=asset.name, problem=verdict.sentence))
        return replace(use, credit=asset.credit(version.id if _is_version(use) else None))

    def _known(self, use: LoraUse | TiUse) -> Found | None:
        return self._catalogue.known(use.name, kind=_kind(use), is_version=_is_version(use))


def of_list(stylelist: StyleList) -> frozenset[Listed]:
    """Return the LoRAs and textual inversions that the styles of a list use."""
    looks = [style.look for style in stylelist.styles.values()]
    looks += [enhancement.look for enhancement in stylelist.enhancements.values()]
    uses: list[LoraUse | TiUse] = []
    for look in looks:
        uses += (*look.loras, *look.tis)
    return frozenset((_kind(use), use.name, _is_version(use)) for use in uses)


def _identity(wish: LoraWish | TiWish) -> tuple[AssetKind, bool]:
    if isinstance(wish, LoraWish):
        return AssetKind.LORA, wish.is_version
    return AssetKind.TI, False


def _kind(use: LoraUse | TiUse) -> AssetKind:
    return AssetKind.LORA if isinstance(use, LoraUse) else AssetKind.TI


def _is_version(use: LoraUse | TiUse) -> bool:
    return isinstance(use, LoraUse) and use.is_version


def _nameless(use: LoraUse | TiUse) -> Credit | None:
    """Return the credit of something known by its number alone."""
    if not use.name.isdecimal():
        return None
    path = "model-versions" if _is_version(use) else "models"
    return Credit(title=use.name, link=f"{SITE}/{path}/{use.name}")
