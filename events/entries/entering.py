"""Entering a picture, and taking it out again: what people say and what they are told."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from common import pictures, texts
from common.errors import FetchError, PictureError, PlatformError, Refusal
from common.model import Audience
from common.pictures import SourcePicture
from events import lifecycle
from events.entries import candidate
from events.entries.candidate import CC0, Candidate, StylesMeant, no_styles
from events.entries.entry_store import Entrant, EntryStore
from events.entries.style_entry import check_style, template_of
from events.model import Event, Kind, Shown, State
from events.people import Identities, age_of, check_standing
from events.store import EventStore
from events.when import when
from events.wishes import WITHDRAW, Enter, read_enter
from request.adapter import Linking
from request.calls import Call
from request.kept import encoding
from request.kept.marks import Marks
from request.kept.people import People
from request.kept.records import RequestRow
from request.kept.store import Store
from request.wanted.sources import Fetch

log = structlog.get_logger()

MAX_BYTES = 16 * 1024 * 1024
LONGEST_SIDE = 16_383
"""Pixels of a side that WebP has room for."""


@dataclass(frozen=True, slots=True)
class Reply:
    """What somebody is told, and what they may say next."""

    text: str
    choices: tuple[str, ...] = ()
    """Whole texts, for buttons."""


class Entering:
    """Carries out `enter` and `withdraw`."""

    def __init__(
        self,
        events: EventStore,
        entries: EntryStore,
        requests: Store,
        *,
        identities: Identities,
        people: People,
        marks: Marks,
        pictures: Path,
        fetch: Fetch,
        styles: StylesMeant = no_styles,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Take what entries are made of, and what tells which styles a name means."""
        self._events = events
        self._entries = entries
        self._requests = requests
        self._identities = identities
        self._people = people
        self._marks = marks
        self._pictures = pictures
        self._fetch = fetch
        self._styles = styles
        self._now = now

    async def enter(self, call: Call) -> Reply:
        """Show what entering means, or enter. Raises Refusal with the reason."""
        wish = read_enter(call.command.argument)
        event = await self.meant(call, wish.event, State.OPEN, State.CLOSED)
        incoming = call.incoming
        await check_standing(
            self._people, call.lease.name, incoming.person.id, incoming.place.community
        )
        if not lifecycle.takes_entries(event, min(incoming.created.timestamp(), self._now())):
            raise Refusal("entry.closed", name=event.name)
        one = await self._candidate(call, wish)
        candidate.check_rules(event, one, self._styles)
        if event.plan.kind is Kind.CONTEST:
            one = _as_style(event, one, wish)
            if self._styles(wish.called) is not None:
                raise Refusal("entry.style_name", called=wish.called)
        if event.plan.rules.account_days:
            age = await age_of(self._identities, self._mark(call), incoming.joined, self._now())
            candidate.check_age(event, age)
        if wish.shown is None or (event.plan.kind is Kind.CONTEST and not wish.cc0):
            return self._terms(call, event, wish, one)
        entrant = Entrant(
            account=call.lease.name,
            mark=self._mark(call),
            shown=wish.shown,
            name=self._name(call, wish),
            licence=CC0 if wish.cc0 else "",
        )
        one = replace(one, link=await self._link(call, one))
        entry = await self._entries.entered(
            call.lease,
            event,
            one,
            entrant,
            written=incoming.created.timestamp(),
            replaces=wish.replaces,
            request=call.request.id,
        )
        log.info("entered", challenge=event.name, number=entry.number)
        return Reply(entered(event, entry.number, entry.name))

    async def withdraw(self, call: Call) -> str:
        """Take an entry out. Raises Refusal."""
        found = WITHDRAW.fullmatch(call.command.argument)
        assert found is not None
        event = await self.meant(call, found["event"], State.OPEN, State.CLOSED)
        mark = self._mark(call)
        mine = await self._entries.of_person(event, mark)
        numbers = [one.number for one in mine]
        if not numbers:
            raise Refusal("entry.none_of_yours", name=event.name)
        if found["number"] is None and len(numbers) > 1:
            listed = ", ".join(map(str, numbers))
            raise Refusal("entry.which", numbers=listed, name=event.name, one=numbers[0])
        number = numbers[0] if found["number"] is None else int(found["number"])
        await self._entries.withdrawn(call.lease, event, number, mark, request=call.request.id)
        return withdrawn(event, number)

    async def meant(self, call: Call, name: str | None, *states: State) -> Event:
        """Return the event a person names, or the only one it can be. Raises Refusal."""
        if name is not None:
            event = await self._events.event(name)
            if not serves(event, call.lease.name):
                raise Refusal("events.elsewhere", name=event.name)
            return event
        found = await self._events.all(*states)
        here = [event for event in found if serves(event, call.lease.name)]
        if len(here) == 1:
            return here[0]
        if not here:
            raise Refusal("events.none_now")
        names = ", ".join(event.name for event in here)
        raise Refusal("events.which", names=names, word=call.command.word, one=here[0].name)

    # --- what is entered --------------------------------------------------------------------

    async def _candidate(self, call: Call, wish: Enter) -> Candidate:
        incoming = call.incoming
        if incoming.pictures and wish.request is None:
            return await self._from_elsewhere(call, wish)
        row = await self._answered(call, wish)
        if not await self._same_person(call, row):
            raise Refusal("entry.not_your_picture")
        return await self._made_here(row, wish)

    async def _answered(self, call: Call, wish: Enter) -> RequestRow:
        row = None
        if wish.request is not None:
            try:
                row = await self._requests.request(wish.request)
            except KeyError:
                row = None
        elif call.incoming.parent is not None:
            row = await self._requests.request_behind(call.lease.name, call.incoming.parent)
        if row is None or row.parsed is None:
            raise Refusal("entry.no_picture")
        return row

    async def _same_person(self, call: Call, row: RequestRow) -> bool:
        mine = self._mark(call)
        theirs = self._marks.person(row.incoming.place.account, row.incoming.person.id)
        people = await self._identities.people({mine, theirs})
        return people[mine] == people[theirs]

    async def _made_here(self, row: RequestRow, wish: Enter) -> Candidate:
        """Return the picture of an answer of ours. Raises Refusal."""
        image, outcome = row.image, row.outcome or {}
        made = [one for one in await self._requests.pictures_of(row.id) if one.sha256 is not None]
        if not made:
            raise Refusal("entry.no_picture")
        if row.incoming.audience is Audience.PRIVATE or image.private or outcome.get("private"):
            raise Refusal("entry.private")
        if wish.picture is None and len(made) > 1:
            raise Refusal("entry.which_picture", count=len(made), one=len(made))
        number = wish.picture or 1
        if not 1 <= number <= len(made):
            raise Refusal("refused.no_such_picture", number=number, count=len(made))
        picture = made[number - 1]
        job = {one.id: one for one in await self._requests.jobs_of(row.id)}[picture.job].job
        if picture.censored or job.nsfw or not job.censor_nsfw:
            raise Refusal("entry.adult")
        if job.source_picture or job.extra_pictures:
            raise Refusal("entry.started_from_picture")
        assert picture.sha256 is not None
        kept = self._pictures / picture.sha256
        if not await asyncio.to_thread(kept.exists):
            raise Refusal("refused.picture_pruned", prompt=image.prompt)
        recipe = {
            "job": encoding.job_to_json(job),
            "prompt": image.prompt,
            "seed": picture.seed,
            "model": picture.model,
            "worker": picture.worker,
        }
        return Candidate(
            sha256=picture.sha256,
            mime=picture.mime or "image/webp",
            likeness=picture.likeness or "",
            width=picture.width or job.width,
            height=picture.height or job.height,
            prompt=image.prompt,
            style=job.style,
            wished=image.style or "",
            model=job.model,
            seed=picture.seed,
            recipe=recipe,
            request=row.id,
        )

    async def _from_elsewhere(self, call: Call, wish: Enter) -> Candidate:
        """Return a picture that came along, with its entrant's word on it. Raises Refusal."""
        incoming = call.incoming
        if len(incoming.pictures) > 1:
            raise Refusal("entry.one_picture")
        data = await self._read(incoming.pictures[0])
        try:
            _facts, likeness = await asyncio.to_thread(pictures.examine, data, max_bytes=MAX_BYTES)
            plain = await asyncio.to_thread(_without_metadata, data)
        except PictureError as error:
            raise Refusal("refused.source_picture", problem=error) from error
        await self._check_nobody_elses(call, pictures.sha256(data), likeness)
        if not wish.made:
            raise Refusal("entry.how_made")
        kept = await asyncio.to_thread(pictures.store, self._pictures, plain.data)
        width, height = plain.size
        return Candidate(
            sha256=kept.name,
            mime="image/webp",
            likeness=likeness,
            width=width,
            height=height,
            prompt="",
            recipe={"statement": wish.made},
            ours=False,
        )

    async def _check_nobody_elses(self, call: Call, sha256: str, likeness: str) -> None:
        """Refuse what we made for somebody else."""
        alike = await self._requests.pictures_alike(
            call.lease.name, sha256=sha256, likeness=likeness
        )
        for request_id, _picture in alike:
            row = await self._requests.request(request_id)
            if not await self._same_person(call, row):
                raise Refusal("entry.not_your_picture")

    async def _read(self, name: str) -> bytes:
        try:
            if name.startswith("sha256:"):
                path = self._pictures / Path(name.removeprefix("sha256:")).name
                return await asyncio.to_thread(path.read_bytes)
            return await self._fetch(name, MAX_BYTES)
        except (FetchError, OSError) as error:
            raise Refusal("refused.source_picture", problem=error) from error

    async def _link(self, call: Call, one: Candidate) -> str:
        """Return the address of the answer it comes from; "" if it has none that can be told."""
        if not one.request or not isinstance(call.adapter, Linking):
            return ""
        post = await self._requests.first_post_of(one.request)
        row = await self._requests.request(one.request)
        if post is None or row.incoming.place.account != call.lease.name:
            return ""
        try:
            async with asyncio.timeout(call.adapter.capabilities.reply_timeout):
                return await call.adapter.address(row.incoming, post) or ""
        except (PlatformError, TimeoutError) as error:
            log.info("address_unknown", request=one.request, error=str(error))
            return ""

    # --- what is said -----------------------------------------------------------------------

    def _terms(self, call: Call, event: Event, wish: Enter, one: Candidate) -> Reply:
        """Return what entering means, and what to say to do it."""
        words = ["enter", event.name, one.request, str(wish.picture or "" if one.ours else "")]
        again = " ".join(word for word in words if word)
        contest = event.plan.kind is Kind.CONTEST
        style = f" cc0 called: {wish.called} subject: {wish.subject}"
        tail = (style if contest else "") + (f" made: {wish.made}" if wish.made else "")
        venues = ", ".join(dict.fromkeys(venue.account for venue in event.plan.venues))
        lines = [
            texts.say(
                "entry.terms",
                title=event.plan.title,
                places=venues or call.lease.name,
                until=when(lifecycle.deadline(event.plan)),
            ),
            texts.say("entry.cc0") if contest else "",
            texts.say("entry.elsewhere_terms") if not one.ours else "",
            texts.say(
                "entry.choose",
                named=f"{again} as me{tail}",
                name=call.incoming.person.name,
                nick=f"{again} as NICKNAME{tail}",
                anonymous=f"{again} anonymous{tail}",
            ),
        ]
        choices = (f"{again} as me{tail}", f"{again} anonymous{tail}") if one.ours else ()
        return Reply("\n".join(line for line in lines if line), choices)

    def _name(self, call: Call, wish: Enter) -> str:
        if wish.shown is Shown.NAME:
            return call.incoming.person.name
        return wish.nickname

    def _mark(self, call: Call) -> str:
        return self._marks.person(call.lease.name, call.incoming.person.id)


def _without_metadata(data: bytes) -> SourcePicture:
    """Return a picture as it may be shown to all: not where it was taken, nor with what."""
    return pictures.as_source(data, longest_side=LONGEST_SIDE, max_bytes=MAX_BYTES)


def _as_style(event: Event, one: Candidate, wish: Enter) -> Candidate:
    """Return a candidate of a style contest with its style. Raises Refusal if it is none."""
    if not one.ours:
        raise Refusal("entry.elsewhere", name=event.name)
    if not wish.called or not wish.subject:
        raise Refusal("entry.name_the_style", name=event.name)
    job = encoding.job_from_json(one.recipe["job"])
    template = template_of(job.prompt, wish.subject)
    recipe = {**one.recipe, "template": template, "called": wish.called}
    check_style(wish.called, job, template)
    return replace(one, recipe=recipe)


def entered(event: Event, number: int, name: str) -> str:
    """Return what somebody is told whose picture is entered; `name` is what is shown of them."""
    return texts.say(
        "entry.entered",
        number=number,
        title=event.plan.title,
        name=event.name,
        until=when(lifecycle.deadline(event.plan)),
        shown=name or texts.say("entry.anonymous"),
    )


def withdrawn(event: Event, number: int) -> str:
    """Return what somebody is told whose entry is taken out."""
    return texts.say("entry.withdrawn", number=number, title=event.plan.title)


def serves(event: Event, account: str) -> bool:
    """Tell whether people of an account take part in an event."""
    venues = {venue.account for venue in event.plan.venues}
    return not venues or account in venues
