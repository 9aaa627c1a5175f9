"""The rows of the kudos ledger as values, and the states they go through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import sqlalchemy as sa

from events.prizes import Fund


class Purpose(StrEnum):
    """What a fund pays for."""

    PRIZES = "prizes"
    PICTURES = "pictures"
    """Pictures made in a party, by a shared key of exactly that amount."""


class FundState(StrEnum):
    """Where a fund stands."""

    INVITED = "invited"
    """A sponsor was sent a link and has not answered."""
    READY = "ready"
    REMOVED = "removed"
    """The sponsor took the key away; nothing more is paid with it."""
    CLOSED = "closed"
    """The event is over, and the key is deleted."""


class TransferState(StrEnum):
    """Where a transfer stands."""

    WAITING = "waiting"
    """For the winner to name their account on the Horde."""
    INTENDED = "intended"
    """To be sent; when it is due."""
    SENDING = "sending"
    """Written down before it is sent. Found after a crash, it is sent again with its key."""
    SENT = "sent"
    REFUSED = "refused"
    """The Horde will not do it, and nothing went: an organiser can have it tried again."""
    UNCLEAR = "unclear"
    """The Horde will not do it (any more), but an earlier try may have gone through."""
    LAPSED = "lapsed"
    """Nobody claimed it in time: it stays with who would have paid."""


FREED = frozenset({TransferState.REFUSED, TransferState.LAPSED})
"""Of these nothing was paid, and nothing is on its way."""
ON_THE_WAY = frozenset({TransferState.INTENDED, TransferState.SENDING})
HOUSE = "house"
"""Prefix of the ids of funds that the bot's own account pays."""


@dataclass(frozen=True, slots=True)
class FundRow:
    """A fund as stored."""

    id: str
    event: str
    purpose: Purpose
    state: FundState
    name: str
    """Public name of the account on the Horde; "" while invited."""
    kudos: int
    browser: str | None
    sealed: bytes | None
    shared_key: bytes | None
    until: float | None

    @property
    def is_house(self) -> bool:
        """Whether the bot's own account pays."""
        return self.id.startswith(HOUSE)

    @property
    def fund(self) -> Fund:
        """What planning needs to know of it."""
        return Fund(self.id, self.name, self.kudos)


@dataclass(frozen=True, slots=True)
class Transfer:
    """A transfer as stored."""

    id: str
    prize: str
    event: str
    fund: str
    kudos: int
    receiver: str | None
    state: TransferState
    doubtful: bool
    """Whether a try was made whose end nobody knows."""
    tries: int
    due: float
    reason: str
    """Why it was refused, in a sentence."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A transfer that was made, for the event's archive: it names nobody."""

    order: str
    """The idempotency key it was sent with."""
    reason: str
    """`place 1` … or `taking part`."""
    kudos: int
    at: float


@dataclass(frozen=True, slots=True)
class Sheet:
    """What an event has given, owes, and keeps."""

    sent: int
    on_the_way: int
    waiting: int
    unclear: int
    refused: int
    lapsed: int

    @property
    def bound(self) -> int:
        """What counts against the budget: all that is not certain to stay."""
        return self.sent + self.on_the_way + self.waiting + self.unclear

    @property
    def began(self) -> bool:
        """Whether anything was given, or tried to be."""
        return bool(self.bound or self.refused or self.lapsed)

    @property
    def settled(self) -> bool:
        """Whether nothing is on its way: all is paid, waits for its winner, or failed."""
        return self.on_the_way == 0


def fund_of(row: sa.Row[Any]) -> FundRow:
    """Return a row of `kudos_funds` as a value."""
    return FundRow(
        id=row.id,
        event=row.event,
        purpose=Purpose(row.purpose),
        state=FundState(row.state),
        name=row.name,
        kudos=row.kudos,
        browser=row.browser,
        sealed=row.sealed,
        shared_key=row.shared_key,
        until=row.until,
    )


def transfer_of(row: sa.Row[Any]) -> Transfer:
    """Return a row of `kudos_transfers` as a value."""
    return Transfer(
        id=row.id,
        prize=row.prize,
        event=row.event,
        fund=row.fund,
        kudos=row.kudos,
        receiver=row.receiver,
        state=TransferState(row.state),
        doubtful=row.doubtful,
        tries=row.tries,
        due=row.due,
        reason=row.reason,
    )
