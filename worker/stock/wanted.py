"""Models that come by themselves: named in the settings, or the most wanted of the Hordes.

What was fetched, and when the Hordes were asked last, stands in `wanted.json` beside the models.
Only what stands there is ever removed; a host's own files are not touched.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
from pydantic import SecretStr
from yarl import URL

from common import texts
from common.config import CivitaiConfig, ReferenceConfig, WorkerConfig
from common.errors import FetchError, HordeError, WorkerError
from common.fetching.fetch import fetch
from common.horde.client import HordeClient
from common.horde.wire import ANONYMOUS_KEY
from common.horde.wire_status import ModelStatus
from common.reference.models import LARGEST_FILE
from common.settings.parts import MOST_WANTED
from worker.disk.models import find_models
from worker.horde.offer import is_loopback
from worker.stock.demand import (
    GIGABYTE,
    WEEK,
    Known,
    Limits,
    Plan,
    choose,
    complete,
    read_known,
)
from worker.stock.listing import describe, enlist, remove, size_of
from worker.stock.machine import this_machine
from worker.stock.sources import Found, bring
from worker.system.cards import memory_of_cards

NOTES = "wanted.json"
ENGINE = "diffusers"
"""The only engine whose models are files that can be fetched."""
SECONDS = 30.0
WITHOUT_CARD = 4 * GIGABYTE
"""As much as a processor is trusted with."""
UNKNOWN_CARD = 8 * GIGABYTE
"""Taken for the memory of a card that does not tell."""

Progress = Callable[[Known, int, int | None], None]
"""Called with the model, the bytes that are there, and how many it will be if known."""
Tell = Callable[[str], None]


@dataclass(slots=True)
class Notes:
    """What is remembered from one time to the next."""

    looked: float = 0.0
    """Unix seconds at which the Hordes were asked last."""
    fetched: list[str] = field(default_factory=list)
    """Names of the models that came by themselves."""

    @classmethod
    def read(cls, folder: Path) -> Notes:
        """Return what stands in the file; nothing if it cannot be read."""
        try:
            document = json.loads((folder / NOTES).read_text("utf-8"))
            return cls(float(document["looked"]), [str(name) for name in document["fetched"]])
        except (OSError, ValueError, KeyError, TypeError):
            return cls()

    def write(self, folder: Path) -> None:
        """Put it into the file, at once or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f"{NOTES}.new"
        document = {"looked": self.looked, "fetched": self.fetched}
        new.write_text(json.dumps(document, indent=2, ensure_ascii=False) + "\n", "utf-8")
        new.replace(folder / NOTES)


class Storeroom:
    """The folder of models, kept filled as the settings say."""

    def __init__(
        self,
        config: WorkerConfig,
        civitai: CivitaiConfig,
        reference: ReferenceConfig,
        session: aiohttp.ClientSession,
        *,
        memory: Callable[[str], int],
        now: Callable[[], float],
    ) -> None:
        """Take the settings; `memory` tells that of the card for a `worker.device`, in bytes."""
        self._config = config
        self._folder = config.models.folder
        self._civitai = civitai
        self._reference = reference
        self._session = session
        self._memory = memory
        self._now = now

    def due(self) -> bool:
        """Tell whether there may be something to fetch: the Hordes are asked once a week."""
        serve = self._config.models.serve
        if serve == MOST_WANTED:
            return self._now() - Notes.read(self._folder).looked >= WEEK
        return isinstance(serve, tuple) and not set(serve) <= set(find_models(self._folder))

    async def plan(self, tell: Tell) -> Plan:
        """Return what is to be fetched and removed; nothing is changed. Raises WorkerError.

        A Horde that does not answer is told of and left out.
        """
        models = self._config.models
        if models.serve == "all":
            return Plan()
        if self._config.engine != ENGINE:
            raise WorkerError("worker.only_diffusers", engine=self._config.engine)
        here = await asyncio.to_thread(self._here)
        known = await self._known()
        fetched = {name: here[name] for name in Notes.read(self._folder).fetched if name in here}
        room = models.gigabytes * GIGABYTE
        if models.serve != MOST_WANTED:
            return complete(known, models.serve, here, room - sum(fetched.values()))
        hordes = [await self._demand(each.url, tell) for each in self._config.endpoints]
        answered = [rows for rows in hordes if rows is not None]
        if not answered:
            raise WorkerError("worker.no_demand")
        memory = await asyncio.to_thread(self._memory, self._config.device)
        limits = Limits(room, memory, nsfw=self._config.nsfw)
        return choose(known, answered, fetched=fetched, own=here.keys() - fetched, limits=limits)

    async def follow(self, plan: Plan, tell: Tell, progress: Progress) -> None:
        """Remove and fetch what a plan says. What does not come is told of, and left out."""
        notes = Notes.read(self._folder)
        for name in plan.drop:
            await asyncio.to_thread(remove, self._folder, name)
            tell(texts.say("worker.stock_dropped", model=name))
        notes.fetched = [name for name in notes.fetched if name in plan.keep]
        for name in plan.missing:
            tell(texts.say("worker.stock_missing", model=name))
        for known in plan.fetch:
            try:
                await self._fetch(known, await asyncio.to_thread(self._room, notes), progress)
            except WorkerError as error:
                tell(texts.say("worker.stock_failed", model=known.name, problem=error))
                continue
            notes.fetched.append(known.name)
            await asyncio.to_thread(notes.write, self._folder)
            tell(texts.say("worker.stock_fetched", model=known.name))
        notes.looked = self._now()
        await asyncio.to_thread(notes.write, self._folder)

    def _here(self) -> dict[str, int]:
        """Return the sizes of the models that lie here, by name. Raises WorkerError."""
        found = find_models(self._folder)
        return {name: size_of(path) for name, path in found.items() if path.exists()}

    async def _known(self) -> dict[str, Known]:
        """Return what the Horde's reference tells how to fetch. Raises WorkerError."""
        url = self._reference.url
        if url is None:
            raise WorkerError("worker.no_reference")
        try:
            came = await fetch(url, limit_bytes=LARGEST_FILE, timeout=SECONDS, public_only=False)
            document: Any = json.loads((came.content or b"").decode("utf-8-sig"))
        except FetchError as error:
            raise WorkerError("worker.reference_lost", problem=error) from error
        except (ValueError, RecursionError) as error:
            raise WorkerError("worker.reference_lost", problem=type(error).__name__) from error
        known = read_known(document) if isinstance(document, Mapping) else {}
        if not known:
            raise WorkerError("worker.reference_lost", problem="it names nothing to fetch")
        return known

    async def _demand(self, url: str, tell: Tell) -> list[ModelStatus] | None:
        client = HordeClient(url, SecretStr(ANONYMOUS_KEY), self._session, name=url)
        try:
            return await client.models()
        except HordeError as error:
            tell(texts.say("worker.demand_unknown", url=url, problem=error))
            return None

    def _room(self, notes: Notes) -> int:
        """Return the bytes that are left for models that come by themselves."""
        here = self._here()
        taken = sum(here.get(name, 0) for name in notes.fetched)
        return max(self._config.models.gigabytes * GIGABYTE - taken, 0)

    async def _fetch(self, known: Known, room: int, progress: Progress) -> None:
        """Bring one model and enlist it; what the engine cannot use is not kept."""
        address = URL(known.url)
        if address.scheme != "https" and not is_loopback(known.url):
            raise WorkerError("worker.odd_source", source=address.host)
        at_civitai = address.host == URL(self._civitai.url or "").host
        key = self._civitai.key if at_civitai else None
        found = Found(known.name, known.file, known.url, known.size, known.sha256, key)
        path = await bring(
            found,
            self._folder,
            self._session,
            lambda done, whole: progress(known, done, whole),
            limit_bytes=room,
        )
        entry = await asyncio.to_thread(describe, known.name, path)
        if entry.problem:
            path.unlink()
            raise WorkerError("worker.not_kept", problem=entry.problem)
        await asyncio.to_thread(enlist, self._folder, known.name, path)


def memory_for(device: str) -> int:
    """Return the bytes of the card a `worker.device` means; a careful guess where none tells."""
    if device.strip() == "cpu":
        return WITHOUT_CARD
    if cards := memory_of_cards():
        return min(card.total for card in cards)
    return WITHOUT_CARD if this_machine().card is None else UNKNOWN_CARD
