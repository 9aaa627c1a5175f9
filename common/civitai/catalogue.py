"""What is known of LoRAs and textual inversions: asked of CivitAI once, answered from memory.

Autocomplete (`complete`, `known`) never waits for the network; what people type and what styles use
is fetched in the background. What a request names (`about`) and what a person looks for (`search`)
is asked for if it is not known, or not fresh, and served stale if CivitAI does not answer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.client import CivitaiClient
from common.civitai.errands import Errands
from common.civitai.learning import GONE, Learning
from common.civitai.memory import AssetMemory, Known, fold
from common.civitai.ranking import matches, may_be_shown, rank, recall, search_key
from common.civitai.sharing import Sharing
from common.errors import AssetError, AssetRefused, AssetUnreachable

DAY = 24 * 3600.0
SEARCH_FRESH = DAY
ASSET_FRESH = 7 * DAY
MISSING_FRESH = DAY
WARM_FRESH = 7 * DAY
"""How old a common search may be that nobody has asked for."""
QUIET = 30.0
"""Seconds in which a server that did not answer is not asked for what can do without."""
SEARCHING = 20.0
"""Seconds a person waits for a search, unless told otherwise."""
PATIENT = 90.0
"""Seconds for what nobody waits for."""
OLD_WILL_DO = 5.0
"""Seconds somebody waits if there is an old answer."""
MOST_COMPLETIONS = 25
"""As many as Discord shows."""
COMMON_SEARCHES = (
    *("", "detail", "style", "anime", "lighting", "pixel art", "watercolor", "sketch", "comic"),
    *("photo", "film", "cyberpunk", "steampunk", "fantasy", "landscape", "architecture", "food"),
    *("paper", "clay", "isometric", "sticker", "logo", "vintage", "neon", "oil painting"),
)
"""Searches whose first page is fetched before anybody asks."""

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
        self._learning = None if client is None else Learning(client, memory, clock)
        self._memory = memory
        self._clock = clock
        self._errands = Errands(sleep)
        self._sharing = Sharing()
        self._quiet_until = 0.0

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
        known = recall(self._memory, name, kind, is_version=is_version)
        if known is None:
            return None
        version = known.asset.version(int(name) if is_version else None)
        return None if version is None else (known.asset, version)

    # --- asking ------------------------------------------------------------------------------

    async def search(
        self, text: str, kind: AssetKind, *, nsfw: bool, deadline: float = SEARCHING
    ) -> Answer:
        """Return what a text finds, or the number of a model or version.

        Raises AssetError if nothing is known and CivitAI does not answer in `deadline` seconds. It
        is asked on, so that the next who searches for this has it at once.
        """
        key = search_key(text, kind)
        found, stale = self._memory.searches.get(key), False
        if found is None or self._clock() - found.at > SEARCH_FRESH:
            wait = deadline if found is None else min(deadline, OLD_WILL_DO)
            try:
                await self._ask(key, wait, lambda learning: learning.search(text, kind))
            except AssetError:
                if found is None:
                    raise
                stale = True
            found = self._memory.searches.get(key, found)
        assert found is not None  # it was just learnt, or known
        assets = (self._memory.assets[n].asset for n in found.ids if n in self._memory.assets)
        shown = tuple(asset for asset in assets if may_be_shown(asset, nsfw=nsfw))
        return Answer(shown, found.at, stale)

    async def about(
        self, name: str, *, kind: AssetKind, is_version: bool, deadline: float = 5.0
    ) -> tuple[Asset, AssetVersion]:
        """Return a LoRA or textual inversion by model id, version id or name.

        Raises AssetRefused if there is no such thing (any more), AssetUnreachable if nothing is
        known and CivitAI does not answer within `deadline` seconds.
        """
        known = recall(self._memory, name, kind, is_version=is_version)
        if known is None:
            known = await self._found(name, kind, is_version, deadline)
        elif not self._is_fresh(known):
            known = await self._refreshed(known, name, kind, is_version, deadline)
        version = known.asset.version(int(name) if is_version else None)
        if version is None:
            raise AssetRefused("civitai.no_version")
        return known.asset, version

    async def _refreshed(
        self, known: Known, name: str, kind: AssetKind, is_version: bool, deadline: float
    ) -> Known:
        """Return what is known now; what was known before if nobody says otherwise."""
        if self._learning is None or self._clock() < self._quiet_until:
            return known
        try:
            return await self._found(name, kind, is_version, deadline)
        except AssetRefused as error:
            if error.code not in GONE:
                return known
            self._memory.forget(known.asset.id)
            await asyncio.to_thread(self._memory.flush)
            raise
        except AssetUnreachable:
            return known

    async def _found(self, name: str, kind: AssetKind, is_version: bool, deadline: float) -> Known:
        """Ask, unless it was said lately that there is no such thing."""
        key = f"{kind.value}:{'v' if is_version else ''}:{fold(name)}"
        refused, at = self._memory.missing.get(key, ("", 0.0))
        if self._learning is not None and refused and self._clock() - at < MISSING_FRESH:
            raise AssetRefused(refused)
        await self._ask(key, deadline, lambda asked: asked.asset(key, name, kind, is_version))
        known = recall(self._memory, name, kind, is_version=is_version)
        if known is None:
            raise AssetRefused("civitai.no_such")
        return known

    async def _ask(
        self, key: str, deadline: float, question: Callable[[Learning], Coroutine[Any, Any, None]]
    ) -> None:
        """Have something learnt. Raises AssetError; a late answer is learnt all the same."""
        learning = self._learning
        if learning is None:
            raise AssetRefused("civitai.off")
        try:
            async with asyncio.timeout(deadline):
                await self._sharing.ask(key, lambda: question(learning))
        except TimeoutError as error:
            self._quiet_until = self._clock() + QUIET
            raise AssetUnreachable from error
        except AssetUnreachable:
            self._quiet_until = self._clock() + QUIET
            raise

    # --- in the background -------------------------------------------------------------------

    def wanted(self, typed: str, kind: AssetKind = AssetKind.LORA) -> None:
        """Have what somebody is typing looked up, for the next keystroke."""
        known = self._memory.searches.get(search_key(typed, kind))
        fresh = known is not None and self._clock() - known.at < SEARCH_FRESH
        if self._learning is None or fresh or self._clock() < self._quiet_until:
            return
        self._errands.hurry("typed", partial(self._seek, typed, kind))

    def warm(self, searches: Sequence[str] = COMMON_SEARCHES) -> None:
        """Have the first page of common searches fetched, slowly."""
        for text in searches if self._learning is not None else ():
            known = self._memory.searches.get(search_key(text, AssetKind.LORA))
            if known is None or self._clock() - known.at > WARM_FRESH:
                self._errands.queue(f"search {text}", partial(self._seek, text, AssetKind.LORA))

    def learn(self, assets: Iterable[tuple[str, AssetKind, bool]]) -> None:
        """Have LoRAs of styles (name, kind, is_version) looked up, slowly."""
        for name, kind, is_version in assets if self._learning is not None else ():
            if not self._is_fresh(recall(self._memory, name, kind, is_version=is_version)):
                errand = partial(self._look_up, name, kind, is_version)
                self._errands.queue(f"{kind} {name} {is_version}", errand)

    async def close(self) -> None:
        """Stop what is under way in the background, and write what was learnt."""
        await self._errands.close()
        await self._sharing.close()
        await asyncio.to_thread(self._memory.flush)

    async def _seek(self, text: str, kind: AssetKind) -> bool:
        """Search; tell whether CivitAI said something, be it no."""
        try:
            answer = await self.search(text, kind, nsfw=True, deadline=PATIENT)
        except AssetError as error:
            return _is_final(error)
        return not answer.stale

    async def _look_up(self, name: str, kind: AssetKind, is_version: bool) -> bool:
        """Learn of an asset; tell whether CivitAI said something, be it no."""
        try:
            await self.about(name, kind=kind, is_version=is_version, deadline=PATIENT)
        except AssetError as error:
            return _is_final(error)
        return self._is_fresh(recall(self._memory, name, kind, is_version=is_version))

    def _is_fresh(self, known: Known | None) -> bool:
        return known is not None and self._clock() - known.at <= ASSET_FRESH


def _is_final(error: AssetError) -> bool:
    log.info("asset_not_learnt", problem=str(error))
    return isinstance(error, AssetRefused)
