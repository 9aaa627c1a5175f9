"""Commands that do something: to running requests, to answers, to what is kept of a person."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import structlog

from common import texts
from common.config import PlaceConfig
from common.errors import PlatformError, PlatformRefused, Refusal
from common.model import Incoming, IncomingKind, Outcome
from request.adapter import Adapter, Keeping, Removing
from request.admission import Admission
from request.allowed import policy
from request.answering import answers
from request.calls import Call
from request.extension import Extension
from request.grammar import Command, CommandName
from request.kept.leases import Lease
from request.kept.people import People, Wish
from request.kept.records import FINAL_STATES, RequestRow
from request.kept.store import Store
from request.leftovers import Leftovers
from request.talking.conversation import Conversation
from request.talking.describing import Describing
from request.talking.moderation import COMMANDS as MODERATION
from request.talking.moderation import Moderation
from request.talking.own_defaults import OwnDefaults
from request.talking.sharing import COMMANDS as SHARING
from request.talking.sharing import Sharing
from request.talking.showcase import Showcase

log = structlog.get_logger()

FORGETTING = "answer.forgetting"
"""Code of the answer after whose posting a person is forgotten."""
HEARD_ANYWAY = frozenset({CommandName.START, CommandName.STOP, CommandName.FORGET_ME})
"""What is heard of somebody who said `stop`."""
PERSONAL = SHARING | {CommandName.MY}
PROMPT_SHOWN = 60


class Commands:
    """Carries commands out; what only asks for words goes to the conversation."""

    def __init__(
        self,
        store: Store,
        people: People,
        leftovers: Leftovers,
        *,
        describing: Describing,
        conversation: Conversation,
        moderation: Moderation,
        admission: Admission,
        showcase: Showcase,
        extension: Extension,
        sharing: Sharing,
        own: OwnDefaults,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._people = people
        self._conversation = conversation
        self._moderation = moderation
        self._describing = describing
        self._admission = admission
        self.showcase = showcase
        self.extension = extension
        self._sharing = sharing
        self._own = own
        self._leftovers = leftovers
        self._now = now

    async def answer(self, call: Call) -> Outcome:
        """Do what a command says and return the answer. Raises Refusal if it cannot be done."""
        request, name = call.request, call.command.name
        if name in MODERATION:
            return await self._moderation.answer(call, self._take_back)
        if name in PERSONAL:
            do = self._own.answer if name is CommandName.MY else self._sharing.answer
            return answers.told(request.id, await do(call))
        match name:
            case CommandName.OTHER:
                return await self.extension.answer(call)
            case CommandName.QUEUE:
                text = await self._queue(call)
            case CommandName.CANCEL:
                text = await self._cancel(call)
            case CommandName.DELETE:
                text = await self._remove(call)
            case CommandName.DESCRIBE:
                await self._admission.check_asker(request, call.place)
                text = await self._describing.describe(call)
            case CommandName.STOP | CommandName.START:
                text = await self._hear(call.lease, call.incoming, name)
            case CommandName.FORGET_ME:
                await self._cancel_all(call)
                return answers.told(request.id, texts.say(FORGETTING), code=FORGETTING)
            case _:
                return await self._conversation.reply(request.id, call.command, call.place)
        return answers.told(request.id, text)

    async def unheard(self, incoming: Incoming) -> bool:
        """Tell whether a person wants to hear nothing of the bot, or has gone on for too long.

        Two bots that reply to each other come to an end so; buttons are pressed by people.
        """
        account = incoming.place.account
        if await self._people.has(Wish.STOPPED, account, incoming.person.id):
            return True
        if incoming.expects or incoming.kind is IncomingKind.BUTTON:
            return False
        depth = await self._store.depth(account, incoming.parent, most=policy.DEEPEST)
        if depth == policy.DEEPEST:
            log.info("too_deep", account=account, heard=incoming.event)
        return depth == policy.DEEPEST

    async def forget(
        self, lease: Lease, request: RequestRow, adapter: Adapter, place: PlaceConfig
    ) -> None:
        """Delete what is kept of the person of a request, this one included, and their answers.

        Done after the answer is posted; found undone after a crash it is done again. Who has to
        wait still has to.
        """
        person = request.incoming.person
        await self.showcase.take_all_back(lease, person.id)
        until = await self._admission.rests_until(request.incoming, place)
        if until > self._now():
            await self._people.rest(lease, person.id, until)
        if isinstance(adapter, Removing):
            await self._take_all_back(lease, request, adapter)
        if isinstance(adapter, Keeping):
            await adapter.forget(person)
        names = set(await self.extension.forget(lease, person.id))
        names.update(await self._people.forget(lease, person.id))
        await self._leftovers.drop(sorted(names), adapter)
        log.info("person_forgotten", pictures=len(names))

    async def leave_nothing(self, lease: Lease, request: RequestRow) -> None:
        """Delete a command whose answer names other people, once it is posted."""
        await self._people.leave_nothing(lease, request.id)

    async def answer_deleted(self, lease: Lease, request_id: str, adapter: Adapter) -> None:
        """Take an answer back whose asker has deleted what they asked in."""
        try:
            row = await self._store.request(request_id)
        except KeyError:  # forgotten meanwhile
            return
        if isinstance(adapter, Removing):
            await self._take_back(lease, row, adapter)

    async def prune(self, lease: Lease, adapter: Adapter, *, keep_days: float) -> None:
        """Delete what ended longer ago than that, with its pictures; wipe secrets long before."""
        can = adapter.capabilities
        if can.secrets:
            worthless = self._now() - can.secrets_last
            await self._store.secrets_wiped(lease, can.secrets, before=worthless)
        await self.showcase.tidy(lease)
        before = self._now() - keep_days * policy.DAY
        names = await self._people.prune(lease, older_than=before, states=FINAL_STATES)
        await self._leftovers.drop(names, adapter)

    async def _hear(self, lease: Lease, incoming: Incoming, name: CommandName) -> str:
        """Hear nothing of a person from now on, or hear them again."""
        person = incoming.person.id
        if name is CommandName.STOP:
            await self._people.remember(lease, Wish.STOPPED, person)
            await self.showcase.take_all_back(lease, person)
            return texts.say("answer.stopped")
        await self._people.unremember(lease, Wish.STOPPED, person)
        return texts.say("answer.started")

    async def _cancel(self, call: Call) -> str:
        if call.incoming.kind is IncomingKind.BUTTON:
            return await self._cancel_one(call)
        count = await self._cancel_all(call)
        return texts.say("answer.cancelled" if count else "answer.queue_empty", count=count)

    async def _cancel_all(self, call: Call) -> int:
        running = await self._store.open_of_person(
            call.lease.name, call.incoming.person.id, but=call.request.id
        )
        for row in running:
            await call.withdraw(call.lease, row.id)
        return len(running)

    async def _cancel_one(self, call: Call) -> str:
        """Take back the request whose event the pressed button names."""
        meant = replace(call.incoming, event=call.incoming.parent or "")
        found = await self._store.request_of_event(meant)
        if found is None:
            raise Refusal("refused.no_parent")
        asked = await self._store.request(found)
        if not _may_remove(call.incoming, asked.incoming):
            raise Refusal("refused.not_yours")
        await call.withdraw(call.lease, found)
        return texts.say("answer.cancelled_one")

    async def _queue(self, call: Call) -> str:
        running = await self._store.open_of_person(call.lease.name, call.incoming.person.id)
        shown = [row for row in running if row.parsed is not None]
        if not shown:
            return texts.say("answer.queue_empty")
        lines = [
            texts.say(
                "answer.queue_line",
                prompt=(row.parsed or {}).get("prompt", "")[:PROMPT_SHOWN],
                standing=answers.standing(call.progress(row.id)),
            )
            for row in shown
        ]
        return "\n".join((texts.say("answer.queue", count=len(shown)), *lines))

    async def _remove(self, call: Call) -> str:
        """Take an answer back for the one who asked for it."""
        incoming = call.incoming
        parent = None
        if incoming.parent is not None:
            parent = await self._store.request_behind(call.lease.name, incoming.parent)
        if parent is None:
            raise Refusal("refused.no_parent")
        if not _may_remove(incoming, parent.incoming):
            raise Refusal("refused.not_yours")
        if not isinstance(call.adapter, Removing):
            raise Refusal("refused.cannot_delete")
        await call.withdraw(call.lease, parent.id)
        await self._take_back(call.lease, parent, call.adapter)
        return texts.say("answer.deleted")

    async def _take_all_back(self, lease: Lease, request: RequestRow, adapter: Removing) -> None:
        """Remove all answers to the person of a request.

        Raises the PlatformError of one that may go later, for a day: then rows are deleted anyway.
        """
        theirs = await self._store.requests_of_person(lease.name, request.incoming.person.id)
        failed = [
            await self._take_back(lease, row, adapter) for row in theirs if row.id != request.id
        ]
        passing = next((error for error in failed if error is not None), None)
        if passing is not None and self._now() - request.created < policy.DAY:
            raise passing

    async def _take_back(
        self, lease: Lease, row: RequestRow, adapter: Removing
    ) -> PlatformError | None:
        """Remove an answer; return what stands in the way now but may pass."""
        passing = None
        await self.showcase.take_back(lease, row.id)
        for post in await self._store.posts_of(row.id):
            await self._store.post_removed(lease, row.id, post)
            try:
                await adapter.remove(row.incoming, post)
            except PlatformError as error:
                log.warning("post_not_removed", request=row.id, post=post, error=str(error))
                if not isinstance(error, PlatformRefused):
                    passing = error
        return passing


def is_above(wanted: object, incoming: Incoming) -> bool:
    """Tell whether a room above is meant in so many words: a slash command of its, or a button.

    It may have places where nothing is drawn.
    """
    other = isinstance(wanted, Command) and wanted.name is CommandName.OTHER
    return other and incoming.expects


def _may_remove(incoming: Incoming, asked: Incoming) -> bool:
    """Tell whether somebody may take an answer back: the asker, or who moderates the place."""
    same_community = incoming.place.community == asked.place.community
    return incoming.person.id == asked.person.id or (incoming.moderator and same_community)
