"""Showing answers in a showcase: with the operator's yes and the asker's own, and both for good.

Who serves the asker's account writes the intention down; who serves the account that posts there
picks it up, looks for what may be posted already, and takes down what is taken back. Nothing that
goes wrong with a copy touches the request.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import structlog

from common import texts
from common.config import Config
from common.errors import PlatformBusy, PlatformError, PlatformRefused, Refusal, StoreError
from common.model import Audience, Ending, Incoming, Note, NoteKind, Outcome
from request.adapter import Adapter, Capabilities, Keeping, Linking, Publication, Publishing
from request.allowed.chat_settings import SettingsStore
from request.allowed.places import Places
from request.answering import answers, recipe
from request.kept import encoding
from request.kept.copies import Copies, Copy, CopyState, Target
from request.kept.leases import Lease, Leases
from request.kept.people import People, Wish
from request.kept.records import JobRow, PictureRow, RequestRow
from request.kept.store import Store
from request.leftovers import Leftovers
from styles import image_request

log = structlog.get_logger()

HOUR = 3600.0
PAUSE = 10.0
"""Seconds between two answers in a channel that moderators chose in the chat."""
FIRST_PAUSE = 30.0
MOST_TRIES = 30
"""Tries at one copy, about a day."""
TITLE_LENGTH = 100


class Showcase:
    """Decides what is shown where, and has it posted and taken down."""

    def __init__(
        self,
        store: Store,
        copies: Copies,
        people: People,
        leases: Leases,
        *,
        places: Places,
        settings: SettingsStore,
        config: Callable[[], Config],
        pictures: Path,
        leftovers: Leftovers,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._copies = copies
        self._people = people
        self._places = places
        self._settings = settings
        self._leases = leases
        self._config = config
        self._pictures = pictures
        self._leftovers = leftovers
        self._now = now

    # --- for who asked ----------------------------------------------------------------------

    async def asking(self, request: RequestRow, outcome: Outcome, adapter: Adapter) -> Outcome:
        """Return an answer that offers to be shown, where its asker wants to be asked that.

        Where that is a button only they see, it is offered to all who have not said `always`.
        """
        can = adapter.capabilities
        wish = Wish.SHARES if can.offers_sharing else Wish.SHARES_IF_ASKED
        if not outcome.pictures or not await self.targets(request.incoming):
            return outcome
        if await self._wants(request.incoming, wish) is can.offers_sharing:
            return outcome
        if await self.why_not(request, outcome):
            return outcome
        notes = outcome.notes
        if not can.pressed:
            note = Note("showcase.asking", texts.say("showcase.asking"), NoteKind.INFO)
            notes = (*notes, note)
        return replace(outcome, notes=notes, follow_ups=(*outcome.follow_ups, "share"))

    async def offer(
        self, lease: Lease, request: RequestRow, outcome: Outcome, adapter: Adapter
    ) -> None:
        """Have an answer shown that is posted, if its asker wants all of theirs shown."""
        targets = await self.targets(request.incoming) if outcome.pictures else []
        if not targets or not await self._wants(request.incoming, Wish.SHARES):
            return
        if await self.why_not(request, outcome) is None:
            await self._intend(lease, request, targets, adapter)

    async def share(self, lease: Lease, request: RequestRow, adapter: Adapter) -> None:
        """Have one answer shown because its asker says so. Raises Refusal."""
        targets = await self.targets(request.incoming)
        if not targets:
            raise Refusal("refused.no_showcase")
        if request.outcome is None:
            raise Refusal("refused.share_unfinished")
        outcome = encoding.outcome_from_json(request.id, request.outcome, ())
        why = await self.why_not(request, outcome)
        if why is not None:
            raise Refusal(why)
        if not await self._intend(lease, request, targets, adapter):
            raise Refusal("refused.share_later")

    async def take_back(self, lease: Lease, request_id: str) -> None:
        """Have the copies of an answer taken down."""
        await self._copies.taken_back(lease, request=request_id)

    async def take_all_back(self, lease: Lease, person: str, *, waiting: bool = False) -> int:
        """Have all copies of a person's answers taken down; return of how many answers.

        `waiting`: only what is not posted yet.
        """
        return await self._copies.taken_back(lease, person=person, waiting=waiting)

    async def tidy(self, lease: Lease) -> None:
        """Forget what waits in vain to be shown."""
        await self._copies.tidied(lease)

    async def original_deleted(self, lease: Lease, incoming: Incoming) -> None:
        """Have the copies taken down of what was asked for in a post that is deleted."""
        request_id = await self._store.request_of_event(incoming)
        if request_id is not None:
            await self.take_back(lease, request_id)

    async def targets(self, incoming: Incoming) -> list[Target]:
        """Return where what is asked for in a place may be shown, by the operator's word."""
        where = incoming.place
        found = [
            Target(one.account, one.to, HOUR / one.per_hour) for one in self._config().showcase
        ]
        chosen = (await self._settings.holding(where)).showcase
        if chosen and all((one.account, one.to) != (where.account, chosen) for one in found):
            found.append(Target(where.account, chosen, PAUSE))
        own = {"", where.community, where.channel}
        return [
            one for one in found if one.account != where.account or not one.to or one.to not in own
        ]

    async def why_not(self, request: RequestRow, outcome: Outcome) -> str | None:
        """Return the code of the sentence why an answer is not shown; None if it may be."""
        place = await self._places.of(request.incoming)
        jobs = await self._store.jobs_of(request.id)
        made = await self._store.pictures_of(request.id)
        adult = place.nsfw or bool(request.incoming.adult)
        return why_not_shown(request, outcome, jobs, made, adult=adult)

    async def _wants(self, incoming: Incoming, wish: Wish) -> bool:
        return await self._people.has(wish, incoming.place.account, incoming.person.id)

    async def _intend(
        self, lease: Lease, request: RequestRow, targets: list[Target], adapter: Adapter
    ) -> bool:
        link = await self._link(request, adapter)
        return await self._copies.intended(lease, request, targets, link)

    async def _link(self, request: RequestRow, adapter: Adapter) -> str | None:
        """Return the address of an answer; None if it has none, or it cannot be told now."""
        post = await self._store.first_post_of(request.id)
        if post is None or not isinstance(adapter, Linking):
            return None
        try:
            async with asyncio.timeout(adapter.capabilities.reply_timeout):
                return await adapter.address(request.incoming, post)
        except (PlatformError, TimeoutError) as error:
            log.info("address_unknown", request=request.id, error=str(error))
            return None

    # --- for who posts there ----------------------------------------------------------------

    async def serve(self, lease: Lease, adapter: Adapter) -> None:
        """Post and take down what is due on an account; what fails is taken up again later."""
        for copy in await self._copies.due(lease.name):
            if not isinstance(adapter, Publishing):
                log.warning("cannot_publish", account=lease.name)
                await self._end(lease, copy, adapter)
                continue
            limit = adapter.capabilities.reply_timeout
            if not self._leases.outlives(lease, limit):
                return  # none may land after another took over
            try:
                async with asyncio.timeout(limit):
                    if copy.state is CopyState.REMOVING:
                        await self._remove(lease, copy, adapter)
                    else:
                        await self._publish(lease, copy, adapter, adapter.capabilities)
            except (PlatformError, TimeoutError) as error:
                await self._failed(lease, copy, error, adapter)
            except StoreError:
                raise
            except Exception as error:  # what is wrong with one must not hold up the others
                log.exception("copy_broken", request=copy.request)
                await self._copies.tried(lease, copy)
                await self._failed(lease, copy, error, adapter)

    async def _publish(
        self, lease: Lease, copy: Copy, adapter: Publishing, can: Capabilities
    ) -> None:
        pause = next(
            (
                HOUR / one.per_hour
                for one in self._config().showcase
                if (one.account, one.to) == (lease.name, copy.target)
            ),
            PAUSE,
        )
        wait = await self._copies.posted_last(lease.name, copy.target) + pause - self._now()
        if wait > 0:
            await self._copies.put_off(lease, copy, wait)
            return
        with texts.speaking(self._config().place(lease.name, copy.target).language):
            publication = await self._publication(copy, can)
        if publication is None:
            await self._end(lease, copy, adapter)
            return
        if not await self._try(lease, copy, publication, adapter):
            await self._end(lease, copy, adapter)
            return
        post = await adapter.find_published(publication) if copy.tries else None
        post = post or await adapter.publish(publication)
        await self._copies.posted(lease, copy, post)
        log.info("published", account=lease.name, request=copy.request)

    async def _try(
        self, lease: Lease, copy: Copy, publication: Publication, adapter: object
    ) -> bool:
        """Note that a copy is about to be posted; False if its request is forgotten meanwhile.

        Where the platform is our own, the files are held first: whoever deletes the request after
        that leaves them where they are.
        """
        ours = isinstance(adapter, Keeping)
        names = [picture.sha256 for picture in publication.pictures] if ours else []
        await self._copies.tried(lease, copy, names)
        try:
            await self._store.request(copy.request)
        except KeyError:
            return False
        return True

    async def _end(self, lease: Lease, copy: Copy, adapter: object) -> None:
        """Forget a copy that is shown no more, and delete the files that stayed for it alone."""
        held = await self._copies.held(copy)
        await self._leftovers.drop(held, adapter, but=copy.id)
        await self._copies.ended(lease, copy)

    async def _remove(self, lease: Lease, copy: Copy, adapter: Publishing) -> None:
        post = copy.post
        if post is None and copy.tries:
            bare = Publication(copy.request, copy.target, "", "", ())
            post = await adapter.find_published(bare)
        if post is not None:
            await self._copies.tried(lease, copy)
            await adapter.unpublish(copy.target, post)
        await self._end(lease, copy, adapter)
        log.info("unpublished", account=lease.name, request=copy.request)

    async def _failed(self, lease: Lease, copy: Copy, error: Exception, adapter: Adapter) -> None:
        problem = str(error) or type(error).__name__
        log.warning("copy_failed", state=copy.state.value, request=copy.request, error=problem)
        most = MOST_TRIES * (2 if copy.state is CopyState.REMOVING else 1)
        if isinstance(error, PlatformRefused) or copy.tries >= most:
            await self._end(lease, copy, adapter)
            return
        pause = min(FIRST_PAUSE * 2.0 ** min(copy.tries, 10), HOUR)
        if isinstance(error, PlatformBusy):
            pause = max(error.retry_after, FIRST_PAUSE)
        await self._copies.put_off(lease, copy, pause)

    async def _publication(self, copy: Copy, can: Capabilities) -> Publication | None:
        """Return what is posted of an answer; None if the request is there no more."""
        try:
            request = await self._store.request(copy.request)
        except KeyError:
            return None
        jobs = await self._store.jobs_of(request.id)
        prompt = image_request.from_json(request.parsed or {"prompt": ""}).prompt
        pictures = answers.describe_pictures(
            request.id, prompt, jobs, await self._store.pictures_of(request.id), self._pictures
        )[: can.pictures_per_reply]
        style = texts.say(
            "showcase.style",
            style=", ".join(dict.fromkeys(one.style for one in pictures)),
            model=", ".join(dict.fromkeys(one.model for one in pictures)),
        )
        credited = "; ".join(recipe.credits_of(row.job for row in jobs))
        lines = [style, texts.say("showcase.machine", request=request.id)]
        if credited:
            lines.insert(1, texts.say("info.credits", credits=credited))
        if copy.link:
            lines.append(texts.say("showcase.original", link=copy.link))
        room = can.text_length - sum(len(line) + 1 for line in lines)
        text = "\n".join((*answers.split(prompt, max(room, 1), most=1), *lines))
        [title] = answers.split(" ".join(prompt.split()), TITLE_LENGTH, most=1)
        title = title or texts.say("showcase.untitled")
        return Publication(request.id, copy.target, title, text, pictures)


def why_not_shown(
    request: RequestRow,
    outcome: Outcome,
    jobs: list[JobRow],
    made: list[PictureRow],
    *,
    adult: bool,
) -> str | None:
    """Return the code of the sentence why an answer is not shown; None if it may be. Pure.

    `adult`: whether the place is one where adult pictures may be asked for.
    """
    image = image_request.from_json(request.parsed or {"prompt": ""})
    if request.parsed is None or outcome.ending is not Ending.DONE or not made:
        return "refused.share_unfinished"
    hidden = outcome.private or image.private
    if hidden or request.incoming.audience is not Audience.PUBLIC:
        return "refused.share_private"
    started = [row.job.source_picture or row.job.extra_pictures for row in jobs]
    if image.source_picture or image.extra_pictures or image.addresses or any(started):
        return "refused.share_source"
    risky = any(row.job.nsfw or not row.job.censor_nsfw for row in jobs)
    if adult or risky or outcome.spoiler or any(row.censored for row in made):
        return "refused.share_adult"
    return None
