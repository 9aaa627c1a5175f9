"""Putting the room of events together for the program and for its commands, in one way."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from common.config import Config
from common.database import Database, open_database
from common.horde.client import HordeClient
from events.course.chore import KudosChore
from events.course.clock import Chore
from events.entries.entry_store import EntryStore
from events.kudos.opening import open_treasury
from events.kudos.purse import KudosPurse
from events.kudos.sponsors import Sponsors
from events.kudos.treasury import Treasury
from events.linking.commands import LinkCommands
from events.linking.links import Links
from events.model import Event, Venue
from events.room import Parts, open_parts
from events.store import EventStore
from request.kept.leases import Leases
from request.kept.marks import Marks, open_marks
from web.pages.sponsoring import TitleOf

Horde = Callable[[], HordeClient | None]
"""Returns the client of the endpoint `kudos.horde`."""


@dataclass(frozen=True, slots=True)
class Rooms:
    """Events, with the money and the links behind them."""

    parts: Parts
    treasury: Treasury
    links: Links
    linking: LinkCommands

    def chores(self) -> tuple[Chore, ...]:
        """Return what the clock does beside leading events on."""
        kudos = KudosChore(self.treasury, self.parts.events, self.parts.steps)
        return (self.parts.series.draft_due, kudos)


def event_rooms(
    config: Callable[[], Config],
    database: Database,
    marks: Marks,
    leases: Leases,
    pictures: Path,
    *,
    horde: Horde,
) -> Rooms:
    """Return what events are made of. Raises ConfigError."""
    links = Links(database, marks)
    treasury = open_treasury(config(), database, marks, horde)
    payer = config().kudos.horde
    parts = open_parts(
        database,
        marks,
        leases,
        pictures,
        identities=links,
        purse=KudosPurse(treasury, EntryStore(database, links), links, horde=payer),
        page=lambda event: page_of(config(), event),
        galleries=lambda: galleries_of(config()),
        pause=lambda: config().events.pause_seconds,
    )
    linking = LinkCommands(
        links,
        look_up=None if payer is None else treasury.look_up,
        named=treasury.ledger.named,
        waiting=treasury.ledger.waiting,
        forgotten=treasury.ledger.forget,
        page=lambda: _link_page(config()),
    )
    return Rooms(parts, treasury, links, linking)


@asynccontextmanager
async def open_rooms(config: Config, folder: Path) -> AsyncIterator[Rooms]:
    """Open the database for a command about events; what it does needs no lease."""
    marks = open_marks(folder)
    database = await open_database(config.database_url)
    try:
        async with aiohttp.ClientSession() as session:
            client = kudos_client(config, session)
            leases = Leases(database, f"{config.instance} (command)")
            pictures = folder / "pictures"
            yield event_rooms(
                lambda: config, database, marks, leases, pictures, horde=lambda: client
            )
    finally:
        await database.close()


@asynccontextmanager
async def open_events(config: Config, folder: Path) -> AsyncIterator[Parts]:
    """Do the same for a command that has nothing to do with money."""
    async with open_rooms(config, folder) as rooms:
        yield rooms.parts


def kudos_client(config: Config, session: aiohttp.ClientSession) -> HordeClient | None:
    """Return a client of the Horde whose kudos are given, None where there is none."""
    for entry in config.horde.endpoints:
        if entry.name == config.kudos.horde:
            return HordeClient(entry.url, entry.key, session, name=entry.name)
    return None


def sponsoring(
    config: Config, database: Database, marks: Marks, session: aiohttp.ClientSession
) -> tuple[Sponsors, TitleOf]:
    """Return what sponsors can do, and how to call the event that they do it for."""
    client = kudos_client(config, session)
    treasury = open_treasury(config, database, marks, lambda: client)
    events = EventStore(database)

    async def title_of(event: str) -> str:
        found = await events.find(event)
        return event if found is None else found.plan.title

    return treasury.sponsors, title_of


def galleries_of(config: Config) -> list[Venue]:
    """Return where winners are shown besides an event's own places: the showcases."""
    return [Venue(account=one.account, to=one.to) for one in config.showcase]


def page_of(config: Config, event: Event) -> str:
    """Return the address of an event's page; "" if people cannot reach it."""
    public = config.web.public_url
    return "" if public is None else f"{public.rstrip('/')}/events/{event.name}"


def _link_page(config: Config) -> str | None:
    """Return the address of the page on which accounts are linked, if people can reach it."""
    public = config.web.public_url
    return None if public is None else f"{public.rstrip('/')}/link"
