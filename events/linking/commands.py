"""What people say about links: `link CODE`, `link alias#123`, `link`, `unlink`."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Mapping
from types import MappingProxyType

from common.errors import HordeError, HordeGone, Refusal
from common.horde.wire_accounts import User
from common.model import Outcome
from common.texts import say
from events.linking.codes import number_of, read_code, read_horde_name
from events.linking.links import Links
from events.when import when
from request.answering import answers
from request.calls import Call

LINK, UNLINK = "link", "unlink"
COMMANDS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        LINK: re.compile(r"link(?:\s+(?P<what>\S+(?:[ ]\S+)?|[^\n]{1,150}#\d+))?", re.IGNORECASE),
        UNLINK: re.compile(r"unlink", re.IGNORECASE),
    }
)
"""A code may be written in two halves; anything longer is taken only if it ends like a name."""

LookUp = Callable[[int], Awaitable[User]]
"""From the number of a Horde account to what everybody may know of it. Raises HordeError."""
Named = Callable[[str, str], Awaitable[int]]
"""Has what waits for a person (a mark) sent to a Horde account; returns how many kudos."""

Waiting = Callable[[str], Awaitable[tuple[int, float] | None]]
"""Returns how many kudos wait for a person (a mark), and until when; None: nothing."""
Forgotten = Callable[[str], Awaitable[None]]
"""Forgets to which Horde account a person's (a mark's) kudos went."""


class LinkCommands:
    """Answers these commands. `look_up` is None where no Horde pays prizes."""

    def __init__(
        self,
        links: Links,
        *,
        look_up: LookUp | None,
        named: Named,
        waiting: Waiting,
        forgotten: Forgotten,
        page: Callable[[], str | None],
    ) -> None:
        self._links = links
        self._waiting = waiting
        self._forgotten = forgotten
        self._look_up = look_up
        self._named = named
        self._page = page

    @property
    def commands(self) -> Mapping[str, re.Pattern[str]]:
        """What may be said; see `request/extension.py`."""
        return COMMANDS

    async def answer(self, call: Call) -> Outcome:
        """Do what a command says. Raises Refusal if it cannot be done."""
        text = await self._do(call)
        private = answers.can_be_private(call.incoming, call.adapter)
        return answers.told(call.request.id, text, private=private)

    async def forget(self, account: str, person: str) -> None:
        """Delete all links of an account, and where its kudos went."""
        await self._forgotten(self._links.mark(account, person))
        await self._links.forget(account, person)

    async def _do(self, call: Call) -> str:
        account, person = call.lease.name, call.incoming.person
        if call.command.asked:
            return await self._explain(self._links.mark(account, person.id))
        if call.command.word == UNLINK:
            done = await self._links.unlink(account, person.id)
            return say("links.unlinked" if done else "links.nothing_linked")
        said = COMMANDS[LINK].fullmatch((call.command.argument or "").strip())
        what = (said and said["what"]) or ""
        if not what:
            return await self._explain(self._links.mark(account, person.id))
        if "#" in what:
            return await self._name(account, person.id, what)
        if read_code(what) is None:
            raise Refusal("links.unreadable")
        joined = call.incoming.joined
        await self._links.post(
            what, account=account, person=person.id, name=person.name, joined=joined
        )
        return say("links.posted")

    async def _explain(self, mark: str) -> str:
        """Tell how it goes, and what waits for who asks."""
        page, waits = self._page(), await self._waiting(mark)
        how = say("links.how_without_page") if page is None else say("links.how", address=page)
        if waits is None:
            return how
        return f"{say('kudos.unclaimed', kudos=waits[0], date=when(waits[1]))}\n\n{how}"

    async def _name(self, account: str, person: str, written: str) -> str:
        """Note a Horde account that is really called so: a slip would pay somebody else."""
        name = read_horde_name(written)
        if name is None:
            raise Refusal("links.unreadable")
        if self._look_up is None:
            raise Refusal("kudos.no_horde")
        try:
            user = await self._look_up(number_of(name))
        except HordeGone as error:
            raise Refusal("links.horde_unknown", name=name) from error
        except HordeError as error:
            raise Refusal("kudos.horde_silent") from error
        if user.username.casefold() != name.casefold():
            raise Refusal("links.horde_unknown", name=name)
        kudos = await self._named(self._links.mark(account, person), user.username)
        await self._links.name_horde(account, person, user.username)
        text = say("links.horde_named", name=user.username)
        if kudos:
            text = f"{text} {say('kudos.on_their_way', kudos=kudos, name=user.username)}"
        return text
