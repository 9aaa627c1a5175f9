"""Asking CivitAI, and keeping what it says: the only place where the memory grows."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress

from common.civitai.assets import Asset, AssetKind
from common.civitai.client import CivitaiClient
from common.civitai.memory import AssetMemory
from common.civitai.ranking import is_number, recall, search_key
from common.errors import AssetRefused

GONE = frozenset({"civitai.gone", "civitai.no_such", "civitai.other_kind"})
"""Refusals that stay the same for days; the others are about the bot, its key or its country."""


class Learning:
    """Asks through the client; what is answered is in the memory. All raise AssetError."""

    def __init__(
        self, client: CivitaiClient, memory: AssetMemory, clock: Callable[[], float]
    ) -> None:
        self._client = client
        self._memory = memory
        self._clock = clock

    async def asset(self, key: str, name: str, kind: AssetKind, is_version: bool) -> None:
        """Learn of what has this number or name; under `key`, that there is no such thing."""
        try:
            await self._asset(name, kind, is_version)
        except AssetRefused as error:
            if error.code in GONE:
                self._memory.learn_missing(key, error.code, self._clock())
                await asyncio.to_thread(self._memory.flush)
            raise

    async def _asset(self, name: str, kind: AssetKind, is_version: bool) -> None:
        if is_number(name):
            number = await self._client.model_of_version(int(name)) if is_version else int(name)
            await self._keep([await self._client.model(number)])
        else:
            await self.search(name, kind)
        if recall(self._memory, name, kind, is_version=is_version) is None:
            raise AssetRefused("civitai.no_such")

    async def search(self, text: str, kind: AssetKind) -> None:
        """Learn what a text finds, with the model and the version that have it as number."""
        found = list(await self._client.search(text, kind))
        if is_number(text):
            found[:0] = await self._by_number(int(text))
        found = [asset for asset in dict.fromkeys(found) if asset.kind is kind]
        ids = [asset.id for asset in found]
        self._memory.learn_search(search_key(text, kind), ids, self._clock())
        await self._keep(found)

    async def _by_number(self, number: int) -> list[Asset]:
        found = []
        with suppress(AssetRefused):
            found.append(await self._client.model(number))
        with suppress(AssetRefused):
            owner = await self._client.model_of_version(number)
            found.append(await self._client.model(owner))
        return found

    async def _keep(self, assets: Sequence[Asset]) -> None:
        self._memory.learn(assets, self._clock())
        await asyncio.to_thread(self._memory.flush)
