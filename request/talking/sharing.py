"""The asker's own yes and no: `share`, `share always|ask|never`, `unshare`."""

from __future__ import annotations

from common import texts
from common.errors import Refusal
from request.calls import Call
from request.grammar import CommandName
from request.kept.leases import Lease
from request.kept.people import SHARING_MODES, People, Wish
from request.kept.records import RequestRow
from request.kept.store import Store
from request.talking.showcase import Showcase

COMMANDS = frozenset({CommandName.SHARE, CommandName.UNSHARE})
SAID = {
    "always": "showcase.shares_always",
    "ask": "showcase.shares_ask",
    "never": "showcase.shares_never",
}
STANDING = {"always": "showcase.always", "ask": "showcase.ask", "never": "showcase.never"}


class Sharing:
    """Carries these commands out."""

    def __init__(self, store: Store, people: People, showcase: Showcase) -> None:
        self._store = store
        self._people = people
        self._showcase = showcase

    async def answer(self, call: Call) -> str:
        """Do what is said and return what to say. Raises Refusal if it cannot be done."""
        sharing = call.command.name is CommandName.SHARE
        word = call.command.argument.casefold()
        person = call.incoming.person.id
        if sharing and word:
            return await self._set(call, word)
        if word:
            count = await self._showcase.take_all_back(call.lease, person)
            return texts.say("showcase.unshared_all", count=count)
        if sharing and call.incoming.parent is None:
            mode = await self.mode(call.lease.name, person)
            return texts.say("showcase.standing", mode=texts.say(STANDING[mode]))
        answered = await self._answered(call)
        if sharing:
            await self._showcase.share(call.lease, answered, call.adapter)
            return texts.say("showcase.shared")
        await self._showcase.take_back(call.lease, answered.id)
        return texts.say("showcase.unshared")

    async def mode(self, account: str, person: str) -> str:
        """Return what holds for a person: `always`, `ask` or `never`."""
        return await self._people.sharing(account, person)

    async def _set(self, call: Call, mode: str) -> str:
        person = call.incoming.person.id
        await self._unset(call.lease, person)
        wish = SHARING_MODES[mode]
        if wish is not None:
            await self._people.remember(call.lease, wish, person)
        else:
            await self._showcase.take_all_back(call.lease, person, waiting=True)
        said = texts.say(SAID[mode])
        if wish is None or await self._showcase.targets(call.incoming):
            return said
        return f"{said} {texts.say('showcase.nowhere')}"

    async def _unset(self, lease: Lease, person: str) -> None:
        for wish in (Wish.SHARES, Wish.SHARES_IF_ASKED):
            await self._people.unremember(lease, wish, person)

    async def _answered(self, call: Call) -> RequestRow:
        """Return the person's own request whose answer the message replies to."""
        parent = call.incoming.parent
        found = (
            None if parent is None else await self._store.request_behind(call.lease.name, parent)
        )
        if found is None:
            raise Refusal("refused.no_parent")
        if found.incoming.person.id != call.incoming.person.id:
            raise Refusal("refused.share_not_yours")
        return found
