"""What moderators can do in the chat, and what anybody can tell them: the report."""

from __future__ import annotations

import re
import time
from collections.abc import Awaitable, Callable

import structlog

from common import texts
from common.errors import Refusal
from common.model import Incoming, Outcome
from request.adapter import Removing
from request.allowed import policy
from request.allowed.chat_settings import SettingsStore
from request.allowed.places import Places
from request.answering import answers
from request.calls import Call
from request.grammar import CommandName
from request.kept.leases import Lease
from request.kept.people import People
from request.kept.records import RequestRow
from request.kept.store import Store
from request.talking.reports import Logged, Reports

log = structlog.get_logger()

COMMANDS = frozenset(
    {CommandName.PAUSE, CommandName.RESUME, CommandName.BAN, CommandName.UNBAN, CommandName.LOG}
    | {CommandName.REPORT}
)
"""What only moderators may do, and the report."""
LEAVES_NOTHING = frozenset(
    {"moderation.log_line", "moderation.banned", "moderation.unbanned", "moderation.no_ban"}
    | {"moderation.banned_by_operator", "refused.ban_which", "refused.ban_unknown"}
)
"""Codes of answers that name other people: neither they nor the command are kept."""
LOGGED, MOST_LOGGED = 20, 100
"""Requests shown by `log`, if unsaid and at most."""
WORDS_SHOWN = 120
_MENTION = re.compile(r"<@!?(\d+)>")

TakeBack = Callable[[Lease, RequestRow, Removing], Awaitable[object]]


class Moderation:
    """Carries out the moderators' commands, each for its own community alone."""

    def __init__(
        self,
        store: Store,
        people: People,
        reports: Reports,
        settings: SettingsStore,
        places: Places,
        *,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._people = people
        self._reports = reports
        self._settings = settings
        self._places = places
        self._now = now

    async def answer(self, call: Call, take_back: TakeBack) -> Outcome:
        """Do what a moderator says, or take a report, and return the answer.

        `take_back` removes an answer from its platform. Raises Refusal, too if they are no
        moderator.
        """
        request, name = call.request, call.command.name
        if name is CommandName.REPORT:
            return await self._report(call, take_back)
        if not call.incoming.moderator:
            raise Refusal("refused.moderators_only", word=name.value)
        match name:
            case CommandName.BAN:
                return await self._ban(call)
            case CommandName.UNBAN:
                return await self._unban(call)
            case CommandName.LOG:
                return await self._log(call)
            case _:
                return answers.told(request.id, await self._pause(call))

    # --- pausing --------------------------------------------------------------------------------

    async def _pause(self, call: Call) -> str:
        """Stop or resume drawing in the community, or `here`, in the channel alone."""
        name, where = call.command.name, call.incoming.place
        pausing = name is CommandName.PAUSE
        scope = "channel" if call.command.argument and where.channel else "community"
        if scope == "channel":
            await self._settings.change(
                where.account, where.community, where.channel, paused=pausing
            )
        else:
            await self._settings.change(where.account, where.community, paused=pausing or None)
            if where.channel:  # its own word would outweigh the community's
                await self._settings.change(
                    where.account, where.community, where.channel, paused=None
                )
        log.info(name.value, account=where.account, community=where.community, scope=scope)
        if not pausing and (await self._places.holding(where)).paused:
            return texts.say("moderation.paused_by_operator")
        return texts.say(f"moderation.{name.value}_{scope}")

    # --- bans -----------------------------------------------------------------------------------

    async def _ban(self, call: Call) -> Outcome:
        where = call.incoming.place
        person = await self._meant(call)
        await self._people.ban(where.account, person, where.community)
        for row in await self._store.open_of_person(where.account, person, but=call.request.id):
            if row.incoming.place.community == where.community:
                await call.withdraw(call.lease, row.id)
        log.info("ban", account=where.account, community=where.community)
        return _said(call, "moderation.banned", person)

    async def _unban(self, call: Call) -> Outcome:
        where = call.incoming.place
        person = await self._meant(call)
        held = await self._people.unban(where.account, person, where.community)
        if await self._people.is_banned(where.account, person):
            return _said(call, "moderation.banned_by_operator", person)
        return _said(call, "moderation.unbanned" if held else "moderation.no_ban", person)

    async def _meant(self, call: Call) -> str:
        """Return the id of the person a command means. Raises Refusal if nobody can be meant."""
        where, words = call.incoming.place, call.command.argument.removeprefix("@")
        mentioned = _mentioned(call.incoming)  # the grammar takes these for nobody's name
        if mentioned is not None:
            return mentioned
        if not words:
            answered = await self._answered(call.incoming)
            if answered is None:
                raise Refusal("refused.ban_whom")
            return answered.incoming.person.id
        found = await self._people.named(where.account, where.community, words)
        if len(found) > 1:
            raise Refusal("refused.ban_which", name=words, ids=", ".join(sorted(found)))
        if found:
            return found.pop()
        # what was kept may be gone: then the person's id lifts a ban, since it is known by its hash
        if await self._people.is_banned(where.account, words, where.community):
            return words
        raise Refusal("refused.ban_unknown", name=words)

    async def _answered(self, incoming: Incoming) -> RequestRow | None:
        """Return the request whose answer a message replies to."""
        if incoming.parent is None:
            return None
        return await self._store.request_behind(incoming.place.account, incoming.parent)

    # --- the log and reports --------------------------------------------------------------------

    async def _log(self, call: Call) -> Outcome:
        """Show what was asked in the community lately, to the moderator alone."""
        incoming = call.incoming
        if not answers.can_be_private(incoming, call.adapter):
            raise Refusal("refused.log_public")
        most = min(max(1, int(call.command.argument or LOGGED)), MOST_LOGGED)
        rows = await self._reports.log(
            incoming.place.account,
            incoming.place.community,
            since=self._now() - call.place.log_days * policy.DAY,
            most=most,
        )
        text = "\n".join(self._line(row) for row in rows) or texts.say("moderation.log_empty")
        return answers.told(call.request.id, text, code="moderation.log_line", private=True)

    def _line(self, row: Logged) -> str:
        shown = row.words
        if shown is None:
            shown = texts.say("moderation.log_private")
        values = {
            "time": answers.duration(self._now() - row.request.created),
            "person": row.request.incoming.person.name,
            "words": " ".join(shown.split())[:WORDS_SHOWN],
            "request": row.request.id,
            "state": texts.say(f"moderation.state_{row.request.state.value}"),
        }
        line = texts.say("moderation.log_line", **values)
        if not row.reports:
            return line
        reasons = "; ".join(filter(None, row.reports)) or texts.say("moderation.no_reason")
        said = texts.say("moderation.reported", count=len(row.reports), reasons=reasons)
        return f"{line} {said}"

    async def _report(self, call: Call, take_back: TakeBack) -> Outcome:
        """Keep what somebody says of an answer. Raises Refusal if there is none."""
        incoming, lease = call.incoming, call.lease
        answered = await self._answered(incoming)
        if answered is None:
            raise Refusal("refused.report_what")
        reason = call.command.argument
        count = await self._reports.add(lease, answered, incoming.person.id, reason)
        log.warning("answer_reported", answer=answered.id, account=lease.name, reports=count)
        code = "moderation.thanks"
        most = call.place.take_back_after
        if most is not None and count >= most and isinstance(call.adapter, Removing):
            await take_back(lease, answered, call.adapter)
            log.warning("answer_taken_back", answer=answered.id, account=lease.name)
            code = "moderation.thanks_taken_back"
        private = answers.can_be_private(incoming, call.adapter)
        return answers.told(call.request.id, texts.say(code), private=private)


def _said(call: Call, code: str, person: str) -> Outcome:
    return answers.told(call.request.id, texts.say(code, person=person), code=code)


def _mentioned(incoming: Incoming) -> str | None:
    """Return the id of the first person a text mentions in the platform's own writing."""
    found = _MENTION.finditer(incoming.text)
    return next((one[1] for one in found if one[0] not in incoming.mentions), None)
