"""Who is one person: several accounts count as one, as far as they are linked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Protocol

from sqlalchemy.ext.asyncio import AsyncConnection

from common.errors import Refusal
from request.kept.people import People


class Identities(Protocol):
    """Tells whose marks (`request/kept/marks.py`) belong together."""

    async def people(
        self, marks: Iterable[str], within: AsyncConnection | None = None
    ) -> Mapping[str, str]:
        """Return for each mark the one that stands for the person: the same for all their accounts.

        Who asks inside a transaction lends its connection: where all are in use, nobody may wait
        for a second one while holding what the others wait for.
        """
        ...

    async def linked(self) -> Mapping[str, str]:
        """Return the same for all marks that are linked to others; the rest are themselves."""
        ...

    async def joined(self, mark: str) -> float | None:
        """Return when the oldest account was made to which a browser (a mark) is bound.

        Unix time; None where it is bound to none, or nobody tells.
        """
        ...


class Strangers:
    """Nobody has linked anything: every account is a person."""

    async def people(
        self, marks: Iterable[str], within: AsyncConnection | None = None
    ) -> Mapping[str, str]:
        """Return each mark for itself."""
        del within
        return {mark: mark for mark in marks}

    async def linked(self) -> Mapping[str, str]:
        """Return nothing."""
        return {}

    async def joined(self, mark: str) -> float | None:
        """Know nothing of it."""
        del mark
        return None


async def check_standing(people: People, account: str, person: str, community: str) -> None:
    """Refuse whom the operator or the moderators have banned. Raises Refusal."""
    standing = await people.standing(account, person, community)
    if standing.banned or standing.banned_here:
        raise Refusal("refused.banned" if standing.banned else "refused.banned_here")


async def age_of(
    identities: Identities, mark: str, joined: datetime | None, now: float
) -> float | None:
    """Return the age in seconds of somebody's account, None where nobody tells.

    Who wrote from a browser has that of the oldest account it is bound to.
    """
    at = await identities.joined(mark) if joined is None else joined.timestamp()
    return None if at is None else now - at
