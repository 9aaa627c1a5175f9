"""What is known of LoRAs and textual inversions: asked of CivitAI once, answered from memory.

Autocomplete (`complete`, `known`) never waits for the network; what people type and what styles use
is fetched in the background. What a request names (`about`) and what a person looks for (`search`)
is asked for if it is not known, or not fresh, and served stale if CivitAI does not answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TypeVar

import structlog

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.client import CivitaiClient
from common.civitai.errands import Errands
from common.civitai.memory import AssetMemory, Known, fold
from common.civitai.ranking import best, is_number, matches, may_be_shown, rank, search_key
from common.errors import AssetError, AssetRefused, AssetUnreachable

DAY = 24 * 3600.0
SEARCH_FRESH = DAY
ASSET_FRESH = 7 * DAY
MISSING_FRESH = DAY
MOST_COMPLETIONS = 25
"""As many as Discord shows."""
COMMON_SEARCHES = (
    *("", "detail", "style", "anime", "lighting", "pixel art", "watercolor", "sketch", "comic"),
    *("photo", "film", "cyberpunk", "steampunk", "fantasy", "landscape", "architecture", "food"),
    *("paper", "clay", "isometric", "sticker", "logo", "vintage", "neon", "oil painting"),
)
"""Searches whose first page is fetched before anybody asks."""

T = TypeVar("T")
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a search found, best first."""

    assets: tuple[Asset, ...]
    fetched_at: float
    """When CivitAI said so, in seconds since the epoch."""
    stale: bool = False
    """True if it is older than it should be, for CivitAI did not answer."""


class AssetCatalogue:
    """Answers about assets; asks through the client, remembers through the memory."""

    def __init__(
        self,
        client: CivitaiClient | None,
        memory: AssetMemory,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Take the client (None: nothing new is learnt) and the memory, loaded."""
        self._client = client
        self._memory = memory
        self._clock = clock
        self._errands = Errands(sleep)
        self._asking: dict[str, asyncio.Task[object]] = {}

    @classmethod
    async def open(
        cls,
        client: CivitaiClient | None,
        folder: Path | None,
        *,
        clock: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> AssetCatalogue:
        """Return a catalogue that knows what the folder remembers (None: nothing)."""
        memory = AssetMemory(None if folder is None else folder / "assets.sqlite")
        await asyncio.to_thread(memory.load)
        return cls(client, memory, clock=clock, sleep=sleep)

    # --- from memory, at once --------------------------------------------------------------

    def complete(
        self,
        typed: str,
        kind: AssetKind = AssetKind.LORA,
        *,
        nsfw: bool,
        most: int = MOST_COMPLETIONS,
    ) -> tuple[Asset, ...]:
        """Return what somebody who has typed so much may mean, the likeliest first.

        Words must all be in the name; digits may begin an id or a version's id. Asks nobody, but
        has what is typed fetched for the next time.
        """
        self.wanted(typed, kind)
        wanted = fold(typed)
        searched = self._memory.searches.get(search_key(typed, kind))
        order = {number: place for place, number in enumerate(searched.ids if searched else ())}
        ranked = [
            (rank(known, wanted), order.get(number, len(order)), number)
            for number, known in self._memory.assets.items()
            if known.asset.kind is kind
            and (number in order or matches(known, wanted))
            and may_be_shown(known.asset, nsfw=nsfw)
        ]
        ranked.sort()
        return tuple(self._memory.assets[number].asset for _rank_, _place, number in ranked[:most])

    def known(
        self, name: str, *, kind: AssetKind, is_version: bool
    ) -> tuple[Asset, AssetVersion] | None:
        """Return what is remembered of a LoRA, however old; None if nothing is."""
        known = self._remembered(name, kind, is_version=is_version)
        if known is None:
            return None
        version = known.asset.version(int(name) if is_version else None)
        return None if version is None else (known.asset, version)

    # --- asking ------------------------------------------------------------------------------

    async def search(self, text: str, kind: AssetKind, *, nsfw: bool) -> Answer:
        """Return what a text or the beginning of a number finds. Raises AssetError."""
        key = search_key(text, kind)
        known = self._memory.searches.get(key)
        stale = False
        if known is None or self._clock() - known.at > SEARCH_FRESH:
            try:
                await self._shared(key, lambda: self._fetch_search(text, kind))
            except AssetError:
                if known is None:
                    raise
                stale = True
        found = self._memory.searches[key]
        assets = (self._memory.assets[n].asset for n in found.ids if n in self._memory.assets)
        shown = tuple(asset for asset in assets if may_be_shown(asset, nsfw=nsfw))
        return Answer(shown, found.at, stale)

    async def about(
        self, name: str, *, kind: AssetKind, is_version: bool, deadline: float = 5.0
    ) -> tuple[Asset, AssetVersion]:
        """Return a LoRA or textual inversion by model id, version id or name.

        Raises AssetRefused if there is no such thing, AssetUnreachable if nothing is known and
        CivitAI does not answer within `deadline` seconds.
        """
        known = self._remembered(name, kind, is_version=is_version)
        if known is None or self._clock() - known.at > ASSET_FRESH:
            await self._ask_about(name, kind, is_version, deadline, known)
            known = self._remembered(name, kind, is_version=is_version) or known
        if known is None:
            raise AssetRefused("civitai.no_such")
        version = known.asset.version(int(name) if is_version else None)
        if version is None:
            raise AssetRefused("civitai.no_version")
        return known.asset, version

    async def _ask_about(
        self, name: str, kind: AssetKind, is_version: bool, deadline: float, known: Known | None
    ) -> None:
        key = f"{kind.value}:{'v' if is_version else ''}:{fold(name)}"
        if self._client is None and known is None:
            raise AssetRefused("civitai.off")
        missing = self._memory.missing.get(key)
        if missing is not None and self._clock() - missing[1] < MISSING_FRESH:
            raise AssetRefused(missing[0])
        try:
            async with asyncio.timeout(deadline):
                await self._shared(key, lambda: self._fetch(name, kind, is_version=is_version))
        except AssetRefused as error:
            if known is not None:
                return  # what was known stays in use
            self._memory.learn_missing(key, error.code, self._clock())
            await asyncio.to_thread(self._memory.flush)
            raise
        except AssetUnreachable:
            if known is None:
                raise
        except TimeoutError as error:
            if known is None:
                raise AssetUnreachable from error

    # --- in the background -------------------------------------------------------------------

    def wanted(self, typed: str, kind: AssetKind = AssetKind.LORA) -> None:
        """Have what somebody is typing looked up, for the next keystroke."""
        known = self._memory.searches.get(search_key(typed, kind))
        if self._client is None or (known and self._clock() - known.at < SEARCH_FRESH):
            return
        self._errands.hurry("typed", partial(self._seek, typed, kind))

    def warm(self, searches: Sequence[str] = COMMON_SEARCHES) -> None:
        """Have the first page of common searches fetched, slowly."""
        for text in searches if self._client is not None else ():
            self._errands.queue(f"search {text}", partial(self._seek, text, AssetKind.LORA))

    def learn(self, assets: Iterable[tuple[str, AssetKind, bool]]) -> None:
        """Have LoRAs of styles (name, kind, is_version) looked up, slowly."""
        for name, kind, is_version in assets if self._client is not None else ():
            known = self._remembered(name, kind, is_version=is_version)
            if known is None or self._clock() - known.at > ASSET_FRESH:
                ask = partial(self.about, name, kind=kind, is_version=is_version, deadline=60)
                self._errands.queue(f"{kind} {name} {is_version}", partial(self._quietly, ask))

    async def close(self) -> None:
        """Stop what is under way in the background, and write what was learnt."""
        await self._errands.close()
        for task in tuple(self._asking.values()):
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        await asyncio.to_thread(self._memory.flush)

    async def _seek(self, text: str, kind: AssetKind) -> None:
        await self._quietly(partial(self.search, text, kind, nsfw=True))

    async def _quietly(self, ask: Callable[[], Awaitable[object]]) -> None:
        try:
            await ask()
        except AssetError as error:
            log.info("asset_not_learnt", problem=str(error))

    # --- fetching ----------------------------------------------------------------------------

    def _remembered(self, name: str, kind: AssetKind, *, is_version: bool) -> Known | None:
        memory = self._memory
        if is_number(name):
            number = memory.owners.get(int(name), 0) if is_version else int(name)
            known = memory.assets.get(number)
            return known if known is not None and known.asset.kind is kind else None
        searched = memory.searches.get(search_key(name, kind))
        if is_version or searched is None:
            return None
        return best(fold(name), [memory.assets[n] for n in searched.ids if n in memory.assets])

    async def _fetch(self, name: str, kind: AssetKind, *, is_version: bool) -> None:
        client = self._asked()
        if not is_number(name):
            await self._fetch_search(name, kind)
            return
        number = await client.model_of_version(int(name)) if is_version else int(name)
        await self._learn([await client.model(number)])

    async def _fetch_search(self, text: str, kind: AssetKind) -> None:
        client = self._asked()
        found = list(await client.search(text, kind))
        if is_number(text):
            found[:0] = await self._by_number(client, int(text))
        found = [asset for asset in dict.fromkeys(found) if asset.kind is kind]
        ids = [asset.id for asset in found]
        self._memory.learn_search(search_key(text, kind), ids, self._clock())
        await self._learn(found)

    async def _by_number(self, client: CivitaiClient, number: int) -> list[Asset]:
        """Return the model of this id, and the one with a version of this id."""
        found = []
        with suppress(AssetRefused):
            found.append(await client.model(number))
        with suppress(AssetRefused):
            found.append(await client.model(await client.model_of_version(number)))
        return found

    async def _learn(self, assets: Sequence[Asset]) -> None:
        self._memory.learn(assets, self._clock())
        await asyncio.to_thread(self._memory.flush)

    def _asked(self) -> CivitaiClient:
        if self._client is None:
            raise AssetRefused("civitai.off")
        return self._client

    async def _shared(self, key: str, ask: Callable[[], Awaitable[T]]) -> None:
        """Ask, unless somebody is asking the same: then wait for his answer."""
        task = self._asking.get(key)
        if task is None:
            task = asyncio.ensure_future(_run(ask))
            self._asking[key] = task
            task.add_done_callback(lambda done: self._forget(key, done))
        await asyncio.shield(task)

    def _forget(self, key: str, done: asyncio.Task[object]) -> None:
        self._asking.pop(key, None)
        if not done.cancelled():
            done.exception()  # whoever waited has it; nobody else must hear of it


async def _run(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()
