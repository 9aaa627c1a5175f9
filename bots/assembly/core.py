"""Putting the core together: every part is made once, here, from the parts below it."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from functools import partial

from bots.assembly.endpoints import LiveHordes
from bots.assembly.knowledge import KEPT_PREVIEWS, Knowledge
from bots.assembly.lending import lend
from bots.assembly.live import LiveConfig
from bots.assembly.rooms import Rooms, event_rooms
from bots.assembly.sweeping import Sweeping
from common.config import Config
from common.database import Database
from common.fetching.fetch import fetch as fetch_public
from common.horde.client import HordeClient
from common.reference.models import ModelReference
from common.texts import Line, nothing
from events.afterwards.featuring import Featuring
from events.afterwards.previewing import StylePreviews
from events.course.clock import Chore, Clock
from events.room import Parts, Room
from request.adapter import Adapter
from request.admission import Admission
from request.allowed.conditions import Conditions
from request.allowed.preferences import PreferenceStore
from request.allowed.terms import Patience
from request.answering.decisions import Decisions
from request.answering.doubts import Doubts
from request.answering.polls import Polls
from request.answering.posting import Posting
from request.at_work import AtWork
from request.budget import Budget
from request.extension import Extension
from request.horde.native import NativeLookup
from request.kept import files
from request.kept.copies import Copies
from request.kept.leases import Leases
from request.kept.marks import Marks, open_marks
from request.kept.people import People
from request.kept.store import Store
from request.leftovers import Leftovers
from request.lending import Services
from request.making.assets import Assets, Rules
from request.making.delivery import Delivery
from request.making.planning import Planning
from request.making.prices import Prices
from request.making.production import Production
from request.observer import Observer
from request.runner import Runner
from request.service import Service
from request.talking.commands import Commands
from request.talking.conversation import Conversation
from request.talking.describing import Describing
from request.talking.moderation import Moderation
from request.talking.own_defaults import OwnDefaults
from request.talking.reports import Reports
from request.talking.sharing import Sharing
from request.talking.showcase import Showcase
from request.understanding import Understanding
from request.wanted.reading import Reading
from request.wanted.sources import Fetch, Sources
from request.withdrawal import Withdrawal
from styles.lists.library import OWN_STYLES
from web.chat import room as chat

FETCHING = 20.0
"""Seconds for a picture at an address somebody wrote."""
MEGABYTE = 1_000_000


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
        chores: tuple[Chore, ...] = (
            *self.rooms.chores(),
            self._featuring().keep,
            self.sweeping(),
        )
        one = self.events
        return Clock(one.events, one.entries, one.steps, one.purse, self.leases, chores=chores)

    def sweeping(self) -> Sweeping:
        """Return what deletes the picture files that nothing names."""
        database = self.services.database
        shown = chat.Room(database, "").shown  # by whatever room
        needed = (partial(files.used, database), self.service.extension.keeps, shown)
        return Sweeping(self.services.pictures, needed)

    def _featuring(self) -> Featuring:
        """Return what keeps the styles that won contests among the community's own."""
        one, folder = self.events, self.services.config.data_dir / OWN_STYLES
        return Featuring(one.events, one.steps, folder, self.knowledge.library.refresh_own)

    def previewing(self) -> Runner:
        """Return what has pictures of those styles made."""
        library, folder = self.knowledge.library, self.services.config.data_dir / KEPT_PREVIEWS
        return self.runner(
            StylePreviews(
                self._featuring().won,
                self.knowledge.previews,
                folder,
                lambda style: library.current.style(style) is not None,
            )
        )

    def runner(self, adapter: Adapter) -> Runner:
        """Return what serves one account."""
        return Runner(adapter, service=self.service, store=self.store, leases=self.leases)


@dataclass(frozen=True, slots=True)
class _Ground:
    """What all parts of a core stand on."""

    live: LiveConfig
    database: Database
    marks: Marks
    store: Store
    leases: Leases
    folk: People
    preferences: PreferenceStore
    services: Services
    knowledge: Knowledge
    hordes: LiveHordes
    fetch: Fetch

    def reference(self) -> ModelReference:
        """Return what is known of models now."""
        return self.knowledge.reference.current


def assemble(
    config: Config,
    database: Database,
    knowledge: Knowledge,
    hordes: LiveHordes,
    *,
    about: Line = nothing,
    patience: Patience | None = None,
    fetch: Fetch | None = None,
    observer: Observer | None = None,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Core:
    """Put the core together from its parts.

    `fetch` gets the pictures at addresses people write; `sleep` waits between two tries to post
    and between two looks for what was posted.
    """
    live, marks = LiveConfig(config), open_marks(config.data_dir)
    store, leases = Store(database, marks), Leases(database, config.instance)
    folk, preferences = People(database, marks), PreferenceStore(database, marks)
    services = lend(
        live, database, store, knowledge, hordes, about=about, people=folk, preferences=preferences
    )
    ground = _Ground(
        live,
        database,
        marks,
        store,
        leases,
        folk,
        preferences,
        services,
        knowledge,
        hordes,
        fetch or fetch_picture,
    )
    rooms, extension = _events(ground)
    service = _service(
        ground, extension, about=about, patience=patience, observer=observer, sleep=sleep
    )
    services = replace(services, extension=extension)
    return Core(services, live, store, leases, service, hordes, knowledge, rooms)


def _events(ground: _Ground) -> tuple[Rooms, Room]:
    """Return the room of events, and what it adds to requests."""
    live, pictures = ground.live, ground.services.pictures
    rooms = event_rooms(
        live,
        ground.database,
        ground.marks,
        ground.leases,
        pictures,
        horde=lambda: _kudos_horde(live(), ground.hordes),
    )
    room = Room(
        rooms.parts,
        ground.store,
        ground.marks,
        pictures,
        ground.fetch,
        identities=rooms.links,
        linking=rooms.linking,
        styles=partial(_styles_meant, ground.knowledge),
    )
    return rooms, room


def _service(
    ground: _Ground,
    extension: Extension,
    *,
    about: Line,
    patience: Patience | None,
    observer: Observer | None,
    sleep: Callable[[float], Awaitable[None]],
) -> Service:
    """Return the main flow of requests."""
    store, hordes, knowledge = ground.store, ground.hordes, ground.knowledge
    services, live, reference = ground.services, ground.live, ground.reference
    library = knowledge.library
    sources = Sources(store, services.pictures, ground.fetch)
    native, delivery = NativeLookup(hordes), Delivery(services.pictures)
    prices = Prices(hordes, delivery)
    planning = _planning(ground, sources)
    budget = Budget(store, hordes, prices, planning, live)
    admission = Admission(store, ground.folk, budget)
    production = Production(
        store, hordes, delivery, reference, patience=patience, observer=observer
    )
    conditions = Conditions(live, services.places, ground.marks)
    commands = _commands(ground, extension, sources, admission, about)
    decisions, at_work = Decisions(store, services.pictures), AtWork()
    withdrawal = Withdrawal(store, production, at_work)
    understanding = Understanding(
        conditions=conditions,
        store=store,
        reading=Reading(
            store, library, reference, native, sources, hordes=hordes, others=extension.commands
        ),
        planning=planning,
        commands=commands,
        prices=prices,
        admission=admission,
        decisions=decisions,
        withdrawal=withdrawal,
        at_work=at_work,
        doubts=Doubts(store, sleep=sleep),
    )
    return Service(
        config=live,
        conditions=conditions,
        store=store,
        understanding=understanding,
        planning=planning,
        commands=commands,
        production=production,
        admission=admission,
        decisions=decisions,
        posting=Posting(
            store, ground.leases, Polls(ground.database, store), sleep=sleep, observer=observer
        ),
        withdrawal=withdrawal,
        at_work=at_work,
        observer=observer,
    )


def _planning(ground: _Ground, sources: Sources) -> Planning:
    """Return what turns what is wanted into jobs."""
    knowledge, live, reference = ground.knowledge, ground.live, ground.reference
    return Planning(
        lambda: knowledge.library.current,
        reference,
        ground.hordes,
        sources,
        Assets(knowledge.catalogue, reference, lambda: _rules(live())),
        preferences=ground.preferences,
    )


def _commands(
    ground: _Ground, extension: Extension, sources: Sources, admission: Admission, about: Line
) -> Commands:
    """Return what answers everything that is not a picture."""
    store, folk, services = ground.store, ground.folk, ground.services
    knowledge, places, settings = ground.knowledge, services.places, services.settings
    leftovers = Leftovers(services.pictures, ground.database, extension)
    showcase = Showcase(
        store,
        Copies(ground.database, ground.marks),
        folk,
        ground.leases,
        places=places,
        settings=settings,
        config=ground.live,
        pictures=services.pictures,
        leftovers=leftovers,
    )
    sharing = Sharing(store, folk, showcase)
    reports = Reports(ground.database, ground.marks)
    return Commands(
        store,
        folk,
        leftovers,
        describing=Describing(ground.hordes, sources),
        conversation=Conversation(knowledge.library, knowledge.catalogue, ground.hordes, about),
        moderation=Moderation(store, folk, reports, settings, places),
        admission=admission,
        showcase=showcase,
        sharing=sharing,
        own=OwnDefaults(ground.preferences, sharing, knowledge.library, ground.reference),
        extension=extension,
    )


def _styles_meant(knowledge: Knowledge, name: str) -> tuple[str, ...] | None:
    """Return the styles that a name means now."""
    return knowledge.library.current.meant(name)


def _kudos_horde(config: Config, hordes: LiveHordes) -> HordeClient | None:
    """Return the client of the Horde whose kudos are given, None where there is none."""
    endpoint = hordes.named(config.kudos.horde)
    return None if endpoint is None else endpoint.client


def _rules(config: Config) -> Rules:
    """Return what LoRAs must keep to."""
    return Rules(config.civitai.max_megabytes * MEGABYTE, config.civitai.unchecked)


async def fetch_picture(address: str, limit_bytes: int) -> bytes:
    """Return the picture at an address somebody wrote. Raises FetchError."""
    fetched = await fetch_public(
        address, limit_bytes=limit_bytes, timeout=FETCHING, public_only=True
    )
    return fetched.content or b""
