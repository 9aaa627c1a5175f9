"""Who leads events on in the web room: those the operator names, known by their linked accounts."""

from __future__ import annotations

from collections.abc import Callable, Collection

from events.linking.links import Links
from web.chat.room import Room

Named = Callable[[], Collection[str]]
"""Returns the organisers as the configuration has them now: `ACCOUNT/PERSON`."""


class Organisers:
    """Tells organisers from everybody else."""

    def __init__(self, links: Links, room: Room, named: Named) -> None:
        self._links = links
        self._room = room
        self._named = named

    async def who(self, visitor: str | None) -> str:
        """Return as whom a browser leads events on, for their logs; "" if it does not.

        It counts for the accounts that it was linked to itself. Accounts that are one person with
        those by way of another browser count for nothing here.
        """
        marks = {self._links.mark(*_split(name)) for name in self._named()}
        if not marks or visitor is None:
            return ""
        browser = self._links.mark(self._room.name, visitor)
        for bound in await self._links.bound(browser):
            if bound.person in marks:
                return f"{bound.account}:{bound.name}"
        if browser not in marks:
            return ""
        return f"{self._room.name}:{await self._room.nickname(visitor) or visitor}"


def _split(name: str) -> tuple[str, str]:
    account, _, person = name.partition("/")
    return account, person
