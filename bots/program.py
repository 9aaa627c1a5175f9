"""Building the program: everything is made once, here, and handed on.

`open_core` makes what serves requests; `run` starts what a configuration names and keeps it going
until it is told to stop.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import structlog
from yarl import URL

from bots.accounts import accounts_of, build, check_names, platform_of
from bots.children import WorkerProcess
from bots.endpoints import LiveHordes, open_hordes
from bots.knowledge import Knowledge, open_knowledge
from bots.lending import lend
from bots.operator.desk import Origin, open_desk
from bots.rooms import Rooms, event_rooms
from common.config import Config, EndpointConfig
from common.database import Database, open_database
from common.errors import StartupError
from common.fetch import fetch
from common.horde.client import HordeClient
from common.live import LiveConfig
from common.reference import ModelReference
from events.clock import Clock
from events.featuring import FEATURED, Featuring
from events.room import Parts, Room
from request.adapter import Adapter, Services
from request.admission import Admission
from request.assets import Assets, Rules
from request.budget import Budget
from request.commands import Commands
from request.conversation import Conversation
from request.copies import Copies
from request.delivery import Delivery
from request.describing import Describing
from request.leases import Leases
from request.marks import open_marks
from request.moderation import Moderation
from request.native import NativeLookup
from request.observer import Observer
from request.own_defaults import OwnDefaults
from request.people import People
from request.planning import Planning
from request.polls import Polls
from request.posting import Posting
from request.preferences import PreferenceStore
from request.prices import Prices
from request.production import Production
from request.reading import Reading
from request.reports import Reports
from request.runner import Runner
from request.service import Service
from request.sharing import Sharing
from request.showcase import Showcase
from request.sources import Fetch, Sources
from request.store import Store
from request.terms import Patience

if TYPE_CHECKING:
    from bots.operator.metrics import Figures

log = structlog.get_logger()

FETCHING = 20.0
"""Seconds for a picture at an address somebody wrote."""
MEGABYTE = 1_000_000
WON_STYLES = "event-styles"
"""Folder in the data folder with the styles that won contests: a source for `styles`."""

Announce = Callable[[str, str], None]
"""Called with what has started (hub, worker, an account; or `note`) and where (or a sentence)."""


def _silently(_what: str, _where: str) -> None:
    """Announce nothing."""


@dataclass(frozen=True, slots=True)
class Core:
    """What serves requests, whatever platform they come from."""

    services: Services
    live: LiveConfig
    store: Store
    leases: Leases
    service: Service
    hordes: LiveHordes
    knowledge: Knowledge
    rooms: Rooms

    @property
    def events(self) -> Parts:
        """What events are made of."""
        return self.rooms.parts

    def clock(self) -> Clock:
        """Return what leads events on."""
        one, chores = self.events, (*self.rooms.chores(), self._featuring().keep)
        return Clock(one.events, one.entries, one.steps, one.purse, self.leases, chores=chores)

    def _featuring(self) -> Featuring:
        """Return what keeps the folder of styles that won contests."""
        folder = self.services.config.data_dir / WON_STYLES
        library = self.knowledge.library
        return Featuring(
            self.events.events,
            self.events.steps,
            folder,
            lambda: library.current.categories.get(FEATURED, ()),
        )

    def runner(self, adapter: Adapter) -> Runner:
        """Return what serves one account."""
        return Runner(adapter, service=self.service, store=self.store, leases=self.leases)


@asynccontextmanager
async def open_core(
    config: Config,
    *,
    about: str = "",
    patience: Patience | None = None,
    lasting: bool = True,
    observer: Observer | None = None,
) -> AsyncIterator[Core]:
    """Open the database, what is known, and the Hordes, and keep them until the end.

    Not `lasting`: for one request; nothing is fetched that it does not need.
    """
    folder = prepare_folder(config.data_dir)
    async with AsyncExitStack() as stack:
        database = await open_database(config.database_url)
        stack.push_async_callback(database.close)
        session = await stack.enter_async_context(aiohttp.ClientSession())
        knowledge = await stack.enter_async_context(
            open_knowledge(config, folder, session, lasting=lasting)
        )
        opening = open_hordes(config, session, observer, lasting=lasting)
        hordes = await stack.enter_async_context(opening)
        yield assemble(
            config,
            database,
            knowledge,
            hordes,
            about=about,
            patience=patience,
            observer=observer,
        )


def assemble(
    config: Config,
    database: Database,
    knowledge: Knowledge,
    hordes: LiveHordes,
    *,
    about: str = "",
    patience: Patience | None = None,
    fetch: Fetch | None = None,
    observer: Observer | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Core:
    """Put the core together from its parts.

    `fetch` gets the pictures at addresses people write; `sleep` waits between two tries to post.
    """
    library, catalogue = knowledge.library, knowledge.catalogue
    live = LiveConfig(config)
    marks = open_marks(config.data_dir)
    store = Store(database, marks)
    leases = Leases(database, config.instance)
    folk = People(database, marks)
    preferences = PreferenceStore(database, marks)
    services = lend(
        live, database, store, knowledge, hordes, about=about, people=folk, preferences=preferences
    )
    fetch = fetch or fetch_picture
    rooms = event_rooms(
        live,
        database,
        marks,
        leases,
        services.pictures,
        horde=lambda: _kudos_horde(live(), hordes),
    )
    extension = Room(
        rooms.parts,
        store,
        marks,
        services.pictures,
        fetch,
        identities=rooms.links,
        linking=rooms.linking,
    )
    services = replace(services, extension=extension)
    sources = Sources(store, services.pictures, fetch)
    native = NativeLookup(hordes)

    def reference() -> ModelReference:
        return knowledge.reference.current

    delivery = Delivery(services.pictures)
    prices = Prices(hordes, delivery)
    assets = Assets(catalogue, reference, lambda: _rules(live()))
    planning = Planning(
        lambda: library.current, reference, hordes, sources, assets, preferences=preferences
    )
    reports = Reports(database, marks)
    admission = Admission(store, folk, Budget(store, hordes, prices, planning, live))
    showcase = Showcase(
        store,
        Copies(database, marks),
        folk,
        leases,
        places=services.places,
        settings=services.settings,
        config=live,
        pictures=services.pictures,
    )
    sharing = Sharing(store, folk, showcase)
    service = Service(
        config=live,
        places=services.places,
        store=store,
        reading=Reading(store, library, reference, native, sources, others=extension.commands),
        planning=planning,
        commands=Commands(
            store,
            folk,
            services.pictures,
            describing=Describing(hordes, sources),
            conversation=Conversation(library, catalogue, hordes, about),
            moderation=Moderation(store, folk, reports, services.settings, services.places),
            admission=admission,
            showcase=showcase,
            sharing=sharing,
            own=OwnDefaults(preferences, sharing, library, reference),
            extension=extension,
        ),
        production=Production(
            store, hordes, delivery, reference, patience=patience, observer=observer
        ),
        prices=prices,
        admission=admission,
        posting=Posting(store, leases, Polls(database, store), sleep=sleep, observer=observer),
        observer=observer,
        marks=marks,
        pictures=services.pictures,
    )
    return Core(services, live, store, leases, service, hordes, knowledge, rooms)


def _kudos_horde(config: Config, hordes: LiveHordes) -> HordeClient | None:
    """Return the client of the Horde whose kudos are given, None where there is none."""
    endpoint = hordes.named(config.kudos.horde)
    return None if endpoint is None else endpoint.client


def _rules(config: Config) -> Rules:
    """Return what LoRAs must keep to."""
    return Rules(config.civitai.max_megabytes * MEGABYTE, config.civitai.unchecked)


async def fetch_picture(address: str, limit_bytes: int) -> bytes:
    """Return the picture at an address somebody wrote. Raises FetchError."""
    fetched = await fetch(address, limit_bytes=limit_bytes, timeout=FETCHING, public_only=True)
    return fetched.content or b""


async def run(
    config: Config,
    stop: asyncio.Event,
    *,
    about: str = "",
    announce: Announce = _silently,
    origin: Origin | None = None,
) -> None:
    """Start what `config.run` names and serve until `stop` is set.

    With an `origin` the configuration is read again when the operator says so. Raises
    ConfigError or StartupError with a sentence that says what to do.
    """
    check_names(config)
    async with AsyncExitStack() as stack:
        pointed = await stack.enter_async_context(run_parts(config, announce))
        figures = _open_figures(pointed)
        opening = open_core(pointed, about=about, observer=figures)
        core = await stack.enter_async_context(opening)
        adapters = []
        for name, section in accounts_of(pointed):
            adapter = await build(name, section, core.services)
            stack.push_async_callback(adapter.close)
            adapters.append(adapter)
            announce(name, str(getattr(adapter, "url", "")))
        runners = [core.runner(adapter) for adapter in adapters]
        desk = open_desk(core, runners, figures=figures, origin=origin, point=point_at_hub)
        if url := await stack.enter_async_context(desk):
            announce("operator", url)
        await _serve([*runners, core.clock()], stop)


def _open_figures(config: Config) -> Figures | None:
    """Return what counts, if somebody wants to see it."""
    if config.operator.port is None:
        return None
    from bots.operator.metrics import Figures  # noqa: PLC0415  (only those who want it pay for it)

    return Figures({name: platform_of(name, section) for name, section in accounts_of(config)})


@asynccontextmanager
async def run_parts(config: Config, announce: Announce = _silently) -> AsyncIterator[Config]:
    """Run the hub and the worker if `config.run` names them.

    Yields the configuration with the hub's address filled in where it says `hub`.
    """
    async with AsyncExitStack() as stack:
        if "hub" in config.run:
            from hub.server import start  # noqa: PLC0415  (only those who want it pay for it)

            hub = await start(config.hub, prepare_folder(config.data_dir))
            stack.push_async_callback(hub.close)
            announce("hub", hub.url)
            config = point_at_hub(_with_port(config, hub.url), hub.url)
        else:
            config = point_at_hub(config)
        if "worker" in config.run:
            await stack.enter_async_context(WorkerProcess(config.worker, announce, config.civitai))
        yield config


async def _serve(runners: Sequence[Runner | Clock], stop: asyncio.Event) -> None:
    """Run all runners; the first that breaks stops the others in good order."""
    tasks = [asyncio.create_task(runner.run(stop)) for runner in runners]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait({*tasks, stopping}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stop.set()
        stopping.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
    for result in results:
        if isinstance(result, Exception):
            raise result


def point_at_hub(config: Config, url: str | None = None) -> Config:
    """Fill the hub's address in where the configuration says `hub`.

    Without `url` it is the configured one: another process on this machine runs the hub.
    """
    address = url or f"http://{config.hub.host}:{config.hub.port}/api"

    def pointed(entry: EndpointConfig) -> EndpointConfig:
        return (
            entry.model_copy(update={"url": address, "free": True}) if entry.url == "hub" else entry
        )

    horde = config.horde.model_copy(
        update={"endpoints": tuple(pointed(entry) for entry in config.horde.endpoints)}
    )
    served = tuple(
        each.model_copy(update={"url": address}) if each.url == "hub" else each
        for each in config.worker.endpoints
    )
    worker = config.worker.model_copy(update={"endpoints": served})
    return config.model_copy(update={"horde": horde, "worker": worker})


def _with_port(config: Config, url: str) -> Config:
    """Note the port the hub has got, for those who point at it later."""
    hub = config.hub.model_copy(update={"port": URL(url).port})
    return config.model_copy(update={"hub": hub})


def prepare_folder(folder: Path) -> Path:
    """Make the data folder if need be. Raises StartupError if it cannot be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "pictures").mkdir(exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise StartupError("startup.folder", folder=folder, problem=error.strerror) from error
    return folder
