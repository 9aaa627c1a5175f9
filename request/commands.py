"""Commands that do something: to running requests, to answers, to what is kept of a person."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import structlog

from common import texts
from common.config import PlaceConfig
from common.errors import PlatformError, Refusal
from common.model import Incoming, IncomingKind, Outcome, Progress
from request import answers, policy
from request.adapter import Adapter, Keeping, Removing
from request.conversation import Conversation
from request.grammar import Command, CommandName
from request.leases import Lease
from request.people import People, Wish
from request.records import FINAL_STATES, RequestRow
from request.store import Store

log = structlog.get_logger()

FORGETTING = "answer.forgetting"
"""Code of the answer after whose posting a person is forgotten."""
HEARD_ANYWAY = frozenset({CommandName.START, CommandName.STOP, CommandName.FORGET_ME})
"""What is heard of somebody who said `stop`."""
PROMPT_SHOWN = 60
DAY = 24 * 3600.0

Withdraw = Callable[[Lease, str], Awaitable[None]]
Watch = Callable[[str], Progress | None]


class Commands:
    """Carries commands out; what only asks for words goes to the conversation."""

    def __init__(
        self,
        store: Store,
        people: People,
        conversation: Conversation,
        pictures: Path,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._people = people
        self._conversation = conversation
        self._pictures = pictures
        self._now = now

    async def answer(
        self,
        lease: Lease,
        request: RequestRow,
        command: Command,
        adapter: Adapter,
        *,
        withdraw: Withdraw,
        progress: Watch,
        place: PlaceConfig,
    ) -> Outcome:
        """Do what a command says and return the answer. Raises Refusal if it cannot be done.

        `withdraw` takes a running request back, `progress` tells how far one is; `place` is what
        holds there for the person.
        """
        incoming = request.incoming
        match command.name:
            case CommandName.CANCEL:
                return await self._cancel(lease, request, withdraw)
            case CommandName.QUEUE:
                return answers.told(request.id, await self._queue(incoming, progress))
            case CommandName.DELETE:
                return await self._remove(lease, request, adapter, withdraw)
            case CommandName.STOP | CommandName.START as name:
                return answers.told(request.id, await self._hear(lease, incoming, name))
            case CommandName.FORGET_ME:
                await self._cancel_all(lease, request, withdraw)
                return answers.told(request.id, texts.say(FORGETTING), code=FORGETTING)
            case _:
                return await self._conversation.reply(request.id, command, place)

    async def unheard(self, incoming: Incoming) -> bool:
        """Tell whether a person wants to hear nothing of the bot."""
        return await self._people.has(Wish.STOPPED, incoming.place.account, incoming.person.id)

    async def check_person(self, incoming: Incoming, place: PlaceConfig) -> None:
        """Refuse somebody who may not ask for pictures (for now). Raises Refusal."""
        account, person = incoming.place.account, incoming.person.id
        if await self._people.has(Wish.BANNED, account, person):
            raise Refusal("refused.banned")
        since = self._now() - DAY
        policy.check_record(place, await self._people.censored(account, person, since=since))

    async def forget(self, lease: Lease, request: RequestRow, adapter: Adapter) -> None:
        """Delete what is kept of the person of a request, this one included, and his answers.

        Done after the answer is posted; found undone after a crash it is done again.
        """
        person = request.incoming.person
        if isinstance(adapter, Removing):
            for row in await self._store.requests_of_person(lease.name, person.id):
                if row.id != request.id:
                    await self._take_back(row, adapter)
        if isinstance(adapter, Keeping):
            await adapter.forget(person)
        names = await self._people.forget(lease, person.id)
        await self._drop(names, adapter)
        log.info("person_forgotten", pictures=len(names))

    async def prune(self, lease: Lease, adapter: Adapter, *, keep_days: float) -> None:
        """Delete what ended longer ago than that, with its pictures."""
        before = self._now() - keep_days * DAY
        names = await self._people.prune(lease, older_than=before, states=FINAL_STATES)
        await self._drop(names, adapter)

    async def _hear(self, lease: Lease, incoming: Incoming, name: CommandName) -> str:
        """Hear nothing of a person from now on, or hear him again."""
        person = incoming.person.id
        if name is CommandName.STOP:
            await self._people.remember(lease, Wish.STOPPED, person)
            return texts.say("answer.stopped")
        await self._people.unremember(lease, Wish.STOPPED, person)
        return texts.say("answer.started")

    async def _cancel(self, lease: Lease, request: RequestRow, withdraw: Withdraw) -> Outcome:
        if request.incoming.kind is IncomingKind.BUTTON:
            return await self._cancel_one(lease, request, withdraw)
        count = await self._cancel_all(lease, request, withdraw)
        return answers.told(request.id, texts.say("answer.cancelled", count=count))

    async def _cancel_all(self, lease: Lease, request: RequestRow, withdraw: Withdraw) -> int:
        person = request.incoming.person.id
        running = await self._store.open_of_person(lease.name, person, but=request.id)
        for row in running:
            await withdraw(lease, row.id)
        return len(running)

    async def _cancel_one(self, lease: Lease, request: RequestRow, withdraw: Withdraw) -> Outcome:
        """Take back the request whose event the pressed button names."""
        incoming = request.incoming
        meant = replace(incoming, event=incoming.parent or "")
        found = await self._store.request_of_event(meant)
        if found is None:
            raise Refusal("refused.no_parent")
        asked = await self._store.request(found)
        if not _may_remove(incoming, asked.incoming):
            raise Refusal("refused.not_yours")
        await withdraw(lease, found)
        return answers.told(request.id, texts.say("answer.cancelled_one"))

    async def _queue(self, incoming: Incoming, progress: Watch) -> str:
        running = await self._store.open_of_person(incoming.place.account, incoming.person.id)
        shown = [row for row in running if row.parsed is not None]
        if not shown:
            return texts.say("answer.queue_empty")
        lines = [
            texts.say(
                "answer.queue_line",
                prompt=(row.parsed or {}).get("prompt", "")[:PROMPT_SHOWN],
                standing=answers.standing(progress(row.id)),
            )
            for row in shown
        ]
        return "\n".join((texts.say("answer.queue", count=len(shown)), *lines))

    async def _remove(
        self, lease: Lease, request: RequestRow, adapter: Adapter, withdraw: Withdraw
    ) -> Outcome:
        """Take an answer back for the one who asked for it."""
        incoming = request.incoming
        parent = None
        if incoming.parent is not None:
            parent = await self._store.request_behind(lease.name, incoming.parent)
        if parent is None:
            raise Refusal("refused.no_parent")
        if not _may_remove(incoming, parent.incoming):
            raise Refusal("refused.not_yours")
        if not isinstance(adapter, Removing):
            raise Refusal("refused.cannot_delete")
        await withdraw(lease, parent.id)
        await self._take_back(parent, adapter)
        return answers.told(request.id, texts.say("answer.deleted"))

    async def _take_back(self, row: RequestRow, adapter: Removing) -> None:
        for post in await self._store.posts_of(row.id):
            try:
                await adapter.remove(row.incoming, post)
            except PlatformError as error:
                log.warning("post_not_removed", request=row.id, post=post, error=str(error))

    async def _drop(self, names: list[str], adapter: Adapter) -> None:
        """Delete picture files that nothing shows any more."""
        used = await self._people.used(names)
        if isinstance(adapter, Keeping):
            used |= await adapter.keeps(names)
        for name in names:
            if name not in used:
                await asyncio.to_thread((self._pictures / name).unlink, missing_ok=True)


def _may_remove(incoming: Incoming, asked: Incoming) -> bool:
    """Tell whether somebody may take an answer back: the asker, or who moderates the place."""
    same_community = incoming.place.community == asked.place.community
    return incoming.person.id == asked.person.id or (incoming.moderator and same_community)
