"""What may be asked beside requests: names while somebody types, and what became of earlier ones.

Answers come from memory and from our own rows, never from the network, so that a platform that
allows no time to think (a list that completes a word) can be served.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from common.civitai.assets import Asset
from common.civitai.catalogue import AssetCatalogue
from common.config import PlaceConfig
from common.model import Picture
from common.reference.models import ModelReference
from request.allowed.preferences import PreferenceStore
from request.answering import answers
from request.horde.hordes import Hordes
from request.kept.people import People
from request.kept.records import RequestRow
from request.kept.store import Store
from styles.limits import Served
from styles.lists.library import StyleLibrary
from styles.lists.offer import offered
from styles.lists.parsing import Style
from styles.lists.previews import Preview, Previews
from styles.names import NameIndex
from styles.resolving.preferences import Preferences

MOST = 25
"""Completions returned at a time."""


class Enquiries:
    """Answers what adapters ask for their menus and lists."""

    def __init__(
        self,
        store: Store,
        library: StyleLibrary,
        reference: Callable[[], ModelReference],
        catalogue: AssetCatalogue,
        hordes: Hordes,
        *,
        previews: Previews,
        people: People,
        preferences: PreferenceStore,
    ) -> None:
        self._store = store
        self._library = library
        self._reference = reference
        self._catalogue = catalogue
        self._hordes = hordes
        self._previews = previews
        self._people = people
        self._preferences = preferences

    def styles(self, typed: str, place: PlaceConfig, *, most: int = MOST) -> tuple[str, ...]:
        """Return styles and categories of a place that somebody may mean, likeliest first."""
        current = self._library.current.only(place.styles)
        offer = offered(current, self._reference(), nsfw=place.nsfw)
        return current.names.complete(typed, offer, most)

    def browse(
        self, place: PlaceConfig, *, search: str = "", category: str = ""
    ) -> tuple[Style, ...]:
        """Return the styles of a place: all, those of a category, or those a search means.

        A search also means the styles of categories it finds, and near names where it finds none.
        """
        current = self._library.current.only(place.styles)
        offer = offered(current, self._reference(), nsfw=place.nsfw)
        found: Iterable[str] = current.styles
        if category:
            known = current.names.get(category)
            found = () if known is None else current.expand(known)
        elif search:
            named = current.names.search(search, offer) or current.names.suggest(search, offer)
            whole = (one for name in named for one in current.expand(name))
            found = dict.fromkeys((*(name for name in named if name in current.styles), *whole))
        return tuple(current.styles[name] for name in found if offer(name))

    def categories(self, place: PlaceConfig) -> dict[str, int]:
        """Return the categories of a place, each with how many styles it has there."""
        current = self._library.current.only(place.styles)
        offer = offered(current, self._reference(), nsfw=place.nsfw)
        return {
            name: sum(map(offer, current.expand(name)))
            for name in current.categories
            if offer(name)
        }

    async def own_defaults(self, account: str, person: str) -> tuple[Preferences, str]:
        """Return a person's own defaults, and what of their pictures is shown (`SHARING_MODES`)."""
        own = await self._preferences.of(account, person)
        return own, await self._people.sharing(account, person)

    async def looks(self, names: Sequence[str]) -> dict[str, tuple[Preview, ...]]:
        """Return the pictures of those styles that have some."""
        return await self._previews.of(names)

    def loras(self, typed: str, place: PlaceConfig, *, most: int = MOST) -> tuple[Asset, ...]:
        """Return LoRAs that somebody may mean, from memory; what is typed is fetched meanwhile."""
        return self._catalogue.complete(typed, nsfw=place.nsfw, most=most)

    def models(self, typed: str, place: PlaceConfig, *, most: int = MOST) -> tuple[str, ...]:
        """Return models that somebody may mean: those served when last asked, else all known."""
        reference = self._reference()
        served = self._hordes.last_served(allowed=place.hordes)
        names = sorted(served, key=lambda name: _rank(served, name)) if served else reference.models
        index = NameIndex(name for name in names if place.nsfw or not reference.nsfw(name))
        return index.complete(typed, most=most)

    async def answered_by(self, account: str, post: str) -> RequestRow | None:
        """Return the request that one of our posts answered; None if it is no answer of ours."""
        return await self._store.request_behind(account, post)

    async def pictures_of(self, row: RequestRow, folder: Path) -> tuple[Picture, ...]:
        """Return the pictures a request brought; their files lie in the picture folder, if kept."""
        prompt = str((row.parsed or {}).get("prompt", ""))
        jobs, made = await self._store.jobs_of(row.id), await self._store.pictures_of(row.id)
        return answers.describe_pictures(row.id, prompt, jobs, made, folder)

    async def requests_of(self, account: str, person: str) -> Sequence[RequestRow]:
        """Return what is kept of a person's requests, oldest first."""
        return await self._store.requests_of_person(account, person)


def _rank(served: dict[str, Served], name: str) -> tuple[int, str]:
    return (-served[name].workers, name.casefold())
