"""The web room's bot. The page is a chat platform; this adapter speaks with it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Any, Literal, Self

import aiohttp

from bots.assembly.accounts import names_of
from bots.assembly.rooms import sponsoring
from bots.web.cards import own_workers
from common.config import Section, read_account
from common.errors import PlatformError, PlatformRefused, StoreError
from common.model import Incoming, IncomingKind, Outcome, Part, Person, Place, Progress
from common.texts import say
from events.linking.links import Links
from events.room import Room as Events
from request.adapter import Capabilities, Publication
from request.kept.marks import open_marks
from request.kept.queries import Queries
from request.lending import Services
from web.chat.live import Event, Posted, Removed, Subscription
from web.chat.room import Room
from web.chat.store import Message
from web.site import Site, build_app
from web.thumbnails import Thumbnails

COMMUNITY = "web"
CHANNEL = "room"
CATCH_UP = 60.0
"""Seconds between two looks at the whole room."""
TIDIED_EVERY = 3600.0


@contextmanager
def translated() -> Iterator[None]:
    """Say what the room's database failed at as a platform that failed."""
    try:
        yield
    except StoreError as error:
        raise PlatformError("platform.failed", platform="web", problem=error) from error


class WebSection(Section):
    """The account's section: where the site listens stands under `web`, not here."""

    platform: Literal["web"] = "web"


class WebAdapter:
    """A chat room in the browser. Post ids are the room's message ids."""

    capabilities = Capabilities(
        text_length=10_000,
        pictures_per_reply=20,
        picture_bytes=30_000_000,
        live_progress=True,
        pressed=True,
        offers_sharing=True,
    )

    def __init__(
        self,
        name: str,
        room: Room,
        site: Site,
        services: Services,
        thumbnails: Thumbnails,
        *,
        catch_up: float = CATCH_UP,
        session: aiohttp.ClientSession | None = None,
    ) -> None:
        self.name = name
        self._places = services.places
        self._pictures = services.pictures
        self._thumbnails = thumbnails
        self._tidied = -TIDIED_EVERY
        self._session = session
        self._catch_up = catch_up
        self.room = room
        self._site = site

    @classmethod
    async def build(cls, name: str, section: Mapping[str, Any], services: Services) -> Self:
        """Open the room and its site. Raises ConfigError or StartupError."""
        read_account(WebSection, name, section)
        room = Room(services.database, name)
        config = services.config
        thumbnails = Thumbnails(config.data_dir / "thumbnails")
        marks = open_marks(config.data_dir)
        session = aiohttp.ClientSession()  # to ask Hordes about sponsors' keys and workers
        try:
            app = build_app(
                room,
                config.web,
                data_dir=config.data_dir,
                pictures=services.pictures,
                thumbnails=thumbnails,
                elsewhere=Queries(services.database),
                about=services.about,
                links=Links(services.database, marks),
                workers=own_workers(config, session),
                sponsoring=sponsoring(config, services.database, marks, session),
                events=services.extension.parts if isinstance(services.extension, Events) else None,
                organisers=lambda: services.live().events.organisers,
                accounts=names_of(config),
            )
            site = await Site.open(app, config.web)
        except BaseException:
            await session.close()
            raise
        return cls(name, room, site, services, thumbnails, session=session)

    @property
    def url(self) -> str:
        """Where people find the room."""
        return self._site.url

    async def listen(self) -> AsyncIterator[Incoming]:
        """Yield the last day's unanswered messages, then new ones, until the room closes.

        Now and then all unanswered ones are yielded again: whatever another process wrote, or
        was not announced, is found that way, and what is known already is not taken twice.
        """
        while not self.room.live.closed:
            if time.monotonic() - self._tidied > TIDIED_EVERY:
                self._tidied = time.monotonic()
                await self.tidy()
            # heard from now on, then what was missed; whoever falls behind starts over here
            with self.room.subscribe() as subscription:
                last = 0
                while missed := await self.room.unanswered(after=last):
                    for message in missed:
                        last = message.id
                        yield self._incoming(message)
                while (event := await self._next(subscription)) is not None:
                    match event:
                        case Posted(message) if message.id > last:
                            last = message.id
                            if message.author is not None:
                                yield self._incoming(message)
                        case Removed(message):
                            yield replace(self._incoming(message), kind=IncomingKind.DELETION)

    async def tidy(self) -> None:
        """Delete the smaller copies of pictures that are gone."""
        await self._thumbnails.tidy(self._pictures)

    async def _next(self, subscription: Subscription) -> Event | None:
        """Wait for an event; None when it is time to look at the room as a whole."""
        try:
            async with asyncio.timeout(self._catch_up):
                return await subscription.take()
        except TimeoutError:
            return None

    async def acknowledge(self, incoming: Incoming, progress: Progress) -> None:
        """Show on the page how far the request is."""
        self.room.advance(int(incoming.event), progress)

    async def reply(self, incoming: Incoming, outcome: Outcome, part: Part) -> str:
        """Post one part of the answer; a part posted before is not posted again."""
        adult = (await self._places.of(incoming)).nsfw
        with translated():
            if await self.room.message(int(incoming.event)) is None:
                problem = say("web.no_request", number=incoming.event)
                raise PlatformRefused("platform.refused", platform="web", problem=problem)
            veiled = outcome.spoiler or adult
            return str(await self.room.post(int(incoming.event), outcome, part, veiled=veiled))

    async def find_own_reply(
        self, incoming: Incoming, part: int, known: Collection[str] = ()
    ) -> str | None:
        """Return the id of a part already posted; the room knows them by their numbers."""
        del known
        with translated():
            found = await self.room.find_answer(int(incoming.event), part)
        return None if found is None else str(found)

    async def remove(self, incoming: Incoming, post: str) -> None:
        """Hide a request with all answers to it, for the one who asked."""
        del post  # the page shows a request and its answers as one
        with translated():
            await self.room.remove(incoming.person.id, int(incoming.event))

    async def forget(self, person: Person) -> None:
        """Delete all that a visitor wrote, and the answers to it."""
        await self.room.forget(person.id)

    async def keeps(self, names: Sequence[str]) -> set[str]:
        """Return those of the picture files that the pages still show."""
        return await self.room.shown(names)

    async def address(self, incoming: Incoming, post: str) -> str | None:
        """Return the address of an answer, if the room is where everybody can reach it."""
        del post
        return f"{self._site.url}/m/{incoming.event}" if self._site.public else None

    async def publish(self, publication: Publication) -> str:
        """Show a copy in the gallery; the same one is there once."""
        with translated():
            shown = publication.pictures
            return str(await self.room.show(publication.request, publication.text, shown))

    async def find_published(self, publication: Publication) -> str | None:
        """Return the id of a copy that is in the gallery already."""
        with translated():
            found = await self.room.find_copy(publication.request)
        return None if found is None else str(found)

    async def unpublish(self, to: str, post: str) -> None:
        """Take a copy out of the gallery."""
        del to
        with translated():
            await self.room.take_down(int(post))

    async def close(self) -> None:
        """Let the readers go and stop answering."""
        self.room.close()
        await self._site.close()
        if self._session is not None:
            await self._session.close()

    def _incoming(self, message: Message) -> Incoming:
        assert message.author is not None
        return Incoming(
            place=Place(account=self.name, community=COMMUNITY, channel=CHANNEL),
            event=str(message.id),
            person=Person(message.author, message.nickname),
            text=message.text,
            created=message.created,
            kind=message.kind,
            parent=None if message.reply_to is None else str(message.reply_to),
            language=message.language,
        )
