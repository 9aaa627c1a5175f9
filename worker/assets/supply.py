"""From the LoRAs and textual inversions a job names to files for the engine and words for it.

A file of the operator's own comes first, then what CivitAI has. What does not come in time, or is
not loaded here, is left out, and told with the picture.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

import aiohttp
from pydantic import SecretStr

from common import texts
from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.catalogue import AssetCatalogue
from common.civitai.client import CivitaiClient
from common.config import CivitaiConfig, WorkerConfig
from common.errors import AssetError, AssetRefused, HordebotsError
from common.horde.work import PopPayload, PopTi
from common.running.tasks import cancel
from worker.assets.cache import ENDING, AssetCache
from worker.assets.prompting import (
    INTO_NEGATIVE,
    INTO_PROMPT,
    prompt_name,
    triggers_for,
    with_inversion,
    with_triggers,
)
from worker.assets.verdict import MEGABYTE, Rules, refusal
from worker.disk.downloads import Downloader, DownloadFailed, Persistence, Wanted
from worker.disk.models import served
from worker.engines.protocol import EngineInfo, EngineLora, EngineTi, Fault, Feature
from worker.events import Notice, Report
from worker.order import Order

FOLDERS = {AssetKind.LORA: "loras", AssetKind.TI: "embeddings"}
"""Files of the operator's own, beside the models."""
CACHE = "civitai"
FIRST_SECONDS, FURTHER_SECONDS = 45.0, 15.0
"""For one file of a job, and for each more of them."""
LOOKUP_SECONDS = 20.0
MOST = 5
"""Of each kind in one job, as at the Horde."""
MISSING_SECONDS = 24 * 3600.0
"""For which a file that is not to be had is not asked for again."""
GIGABYTE = 1024**3
CACHE_GIGABYTES = 10
"""Room for what was fetched; less where the disk has less."""
MAX_NAME = 255
FAULTS = {AssetKind.LORA: "lora", AssetKind.TI: "ti"}


@dataclass(frozen=True, slots=True)
class Supplied:
    """What became of one wish."""

    name: str
    kind: AssetKind
    file: Path | None = None
    """None: it is left out."""
    title: str = ""
    """What CivitAI calls it, whether it is loaded or not."""
    triggers: tuple[str, ...] = ()
    number: int | None = None
    reason: str = ""
    at_engine: bool = False
    """The engine has it itself, and finds it by its name."""

    @property
    def loaded(self) -> bool:
        """Whether the engine gets it."""
        return self.at_engine or self.file is not None

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What the server is told."""
        if self.loaded:
            return ()
        return (Fault(FAULTS[self.kind], "download_failed", self.name),)


@dataclass(slots=True)
class Source:
    """Where files come from that the operator does not have."""

    catalogue: AssetCatalogue
    downloader: Downloader
    site: str
    key: SecretStr | None = None
    missing: dict[int, tuple[float, HordebotsError]] = field(default_factory=dict)
    """Version → when it was refused, and how."""


class Supplier:
    """Fills in the files of orders."""

    def __init__(
        self,
        models: Path,
        cache: AssetCache,
        rules: Rules,
        source: Source | None,
        *,
        report: Report,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Take the folder of the models, and where the rest comes from (None: from nowhere)."""
        self._models = models
        self._cache = cache
        self._rules = rules
        self._source = source
        self._report = report
        self._clock = clock
        self._fetching: dict[int, asyncio.Lock] = {}

    async def supply(
        self, order: Order, payload: PopPayload, info: EngineInfo, seconds: float
    ) -> Order:
        """Return the order with files and trigger words, made without what does not come in time.

        `seconds` are left until it must be made.
        """
        wishes = list(_wishes(payload, info))
        if not wishes:
            return order
        taken = [wish for kind in FOLDERS for wish in [w for w in wishes if w[0] is kind][:MOST]]
        budget = min(seconds, FIRST_SECONDS + FURTHER_SECONDS * (len(taken) - 1))
        supplied = await self._obtain_all(taken, max(budget, 0.0), info.assets)
        too_many = texts.say("worker.asset_many", limit=MOST)
        supplied += [
            Supplied(name, kind, reason=too_many)
            for kind, name, is_version in wishes
            if (kind, name, is_version) not in taken
        ]
        self._cache.keep(each.file for each in supplied if each.file is not None)
        for each in supplied:
            if not each.loaded:
                text = texts.say("worker.made_without", asset=each.name, reason=each.reason)
                self._report(Notice(text))
        return fill(order, payload, supplied)

    async def _obtain_all(
        self,
        wishes: Sequence[tuple[AssetKind, str, bool]],
        seconds: float,
        at_engine: frozenset[str],
    ) -> list[Supplied]:
        tasks = [asyncio.create_task(self._obtain(*wish, at_engine)) for wish in wishes]
        try:
            await asyncio.wait(tasks, timeout=seconds)
        finally:
            await cancel(*tasks)
        late = texts.say("worker.asset_late")
        return [
            Supplied(name, kind, reason=late) if task.cancelled() else task.result()
            for (kind, name, _), task in zip(wishes, tasks, strict=True)
        ]

    async def _obtain(
        self, kind: AssetKind, name: str, is_version: bool, at_engine: frozenset[str]
    ) -> Supplied:
        """Return what became of one wish; raises nothing."""
        own = await asyncio.to_thread(find_own, self._models / FOLDERS[kind], name)
        if own is not None:
            return Supplied(name, kind, own)
        if name.removesuffix(ENDING).casefold() in at_engine:
            return Supplied(name, kind, at_engine=True)
        if self._source is None:
            return Supplied(name, kind, reason=texts.say("worker.asset_off"))
        return await self._from(self._source, kind, name, is_version)

    async def _from(self, source: Source, kind: AssetKind, name: str, is_version: bool) -> Supplied:
        try:
            asset, version = await source.catalogue.about(
                name, kind=kind, is_version=is_version, deadline=LOOKUP_SECONDS
            )
        except AssetError as error:
            return Supplied(name, kind, reason=str(error))
        known = Supplied(name, kind, title=asset.name, triggers=version.triggers, number=asset.id)
        try:
            file = await self._file(source, asset, version)
        except HordebotsError as error:
            return replace(known, reason=str(error))
        except OSError as error:
            problem = error.strerror or type(error).__name__
            return replace(known, reason=texts.say("worker.not_written", problem=problem))
        return replace(known, file=file)

    async def _file(self, source: Source, asset: Asset, version: AssetVersion) -> Path:
        """Return the file of a version, fetching it if it is not there."""
        limit = self._rules.limit(asset.kind)
        code = refusal(asset, version, self._rules)
        if code is not None:
            raise AssetRefused(code, limit=limit // MEGABYTE)
        target = self._cache.path(version.id)
        async with self._fetching.setdefault(version.id, asyncio.Lock()):
            if self._cache.has(version.id):
                return target
            at, refused = source.missing.get(version.id, (0.0, None))
            if refused is not None and self._clock() - at < MISSING_SECONDS:
                raise refused
            size = version.size_bytes or limit
            if not await asyncio.to_thread(self._cache.make_room, size):
                raise AssetRefused("worker.no_room", folder=self._cache.folder)
            address = f"{source.site.rstrip('/')}/api/download/models/{version.id}"
            wanted = Wanted(address, target, limit, version.sha256, source.key)
            try:
                await source.downloader.fetch(wanted)
            except DownloadFailed as failure:
                if failure.final:
                    source.missing[version.id] = (self._clock(), failure)
                raise
            return target


def fill(order: Order, payload: PopPayload, supplied: Sequence[Supplied]) -> Order:
    """Return the order with what was supplied, in the order of the job. Pure."""
    task = order.task
    by_name = {(each.kind, each.name): each for each in supplied}
    prompt, negative = task.prompt, task.negative
    loras: list[EngineLora] = []
    tis: list[EngineTi] = []
    for lora in task.loras:
        found = by_name.get((AssetKind.LORA, lora.name))
        if found is not None and found.loaded:
            loras.append(replace(lora, file=found.file))
    for wish in payload.loras:
        found = by_name.get((AssetKind.LORA, _plain(wish.name)))
        if found is not None and found.loaded:
            prompt = with_triggers(prompt, triggers_for(wish.inject_trigger, found.triggers))
    for ti in payload.tis:
        found = by_name.get((AssetKind.TI, _plain(ti.name)))
        if found is not None and found.loaded:
            name = prompt_name(found.name, found.number)
            tis.append(EngineTi(name, found.file))
            prompt, negative = _injected(prompt, negative, ti, name)
    return replace(
        order,
        task=replace(task, prompt=prompt, negative=negative, loras=tuple(loras), tis=tuple(tis)),
        faults=(*order.faults, *(fault for each in supplied for fault in each.faults)),
        titles=(*order.titles, *(each.title for each in supplied if each.title)),
    )


def _injected(prompt: str, negative: str, ti: PopTi, name: str) -> tuple[str, str]:
    if ti.inject_ti == INTO_PROMPT:
        return with_inversion(prompt, name, ti.strength), negative
    if ti.inject_ti == INTO_NEGATIVE:
        return prompt, with_inversion(negative, name, ti.strength)
    return prompt, negative


def _wishes(payload: PopPayload, info: EngineInfo) -> Iterator[tuple[AssetKind, str, bool]]:
    """Yield what a job names and this engine can take: kind, name, whether that is a version."""
    seen: set[tuple[AssetKind, str]] = set()
    named: list[tuple[AssetKind, str, bool]] = []
    if info.can(Feature.LORA):
        named += [(AssetKind.LORA, _plain(w.name), w.is_version) for w in payload.loras]
    if info.can(Feature.TEXTUAL_INVERSION):
        named += [(AssetKind.TI, _plain(w.name), False) for w in payload.tis]
    for kind, name, is_version in named:
        if name and (kind, name) not in seen:
            seen.add((kind, name))
            yield kind, name, is_version


def _plain(name: str) -> str:
    return name.strip()[:MAX_NAME]


def find_own(folder: Path, name: str) -> Path | None:
    """Return the operator's own file of this name, whatever its case; only from that folder."""
    wanted = name.removesuffix(ENDING).casefold()
    if not folder.is_dir():
        return None
    files = (file for file in folder.iterdir() if file.suffix == ENDING)
    return next((file for file in sorted(files) if file.stem.casefold() == wanted), None)


def within_reach(info: EngineInfo, config: WorkerConfig, civitai: CivitaiConfig) -> EngineInfo:
    """Return what is offered of what an engine can do.

    Those are the models that the settings mean, and no LoRAs or inversions if none are to be had.
    """
    names = served(dict.fromkeys(info.models), config.models.serve)
    info = replace(info, models=tuple(names))
    if info.own_assets or info.assets or civitai.url is not None:
        return info
    needed = {Feature.LORA: AssetKind.LORA, Feature.TEXTUAL_INVERSION: AssetKind.TI}
    lacking = {
        feature
        for feature, kind in needed.items()
        if not any((config.models.folder / FOLDERS[kind]).glob(f"*{ENDING}"))
    }
    return replace(info, features=info.features - lacking)


@asynccontextmanager
async def open_supplier(
    config: WorkerConfig,
    civitai: CivitaiConfig,
    *,
    nsfw: bool,
    report: Report,
    persistence: Persistence | None = None,
    clock: Callable[[], float] = time.monotonic,
) -> AsyncIterator[Supplier]:
    """Lend a supplier with a connection pool and a memory of its own."""
    folder = config.models.folder / CACHE
    cache = AssetCache(folder, CACHE_GIGABYTES * GIGABYTE)
    rules = Rules(nsfw, civitai.max_megabytes * MEGABYTE, has_key=civitai.key is not None)
    if civitai.url is None:
        yield Supplier(config.models.folder, cache, rules, None, report=report, clock=clock)
        return
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        client = CivitaiClient(civitai.url, session, civitai.key)
        folder.mkdir(parents=True, exist_ok=True)
        catalogue = await AssetCatalogue.open(client, folder)
        downloader = Downloader(session, persistence)
        source = Source(catalogue, downloader, civitai.url, civitai.key)
        try:
            yield Supplier(config.models.folder, cache, rules, source, report=report, clock=clock)
        finally:
            await catalogue.close()
