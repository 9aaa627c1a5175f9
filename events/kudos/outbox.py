"""Sending what the ledger says: each transfer once, whatever dies in between.

A row is `sending` before anything leaves, and its id goes along as the idempotency key, under
which the Horde does a thing once. The Horde asks some of its questions before it looks whether an
order was carried out already, so a refusal after a lost answer does not prove that nothing went:
such a transfer is `unclear`, counts as paid, and an organiser has to look.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from enum import Enum, auto
from typing import Protocol

import structlog

from common.errors import (
    HordeBusy,
    HordeError,
    HordeForbidden,
    HordeUnreachable,
    Refusal,
)
from events.kudos.ledger import Ledger
from events.kudos.records import Transfer
from request.kept.leases import Lease

log = structlog.get_logger()

AT_ONCE = 10
FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0
"""Seconds between tries where the Horde does not answer; the pause doubles."""
KEY_PAUSE = 600.0
"""Seconds until a key that is not accepted is tried again."""
PROVES_NOTHING_WENT = frozenset({"KudosTransferNotEnough"})
"""What the Horde says only after it has looked whether the order was carried out."""
MOST_TRIES = 150
"""After them, days later, an organiser has to look."""
ABOUT_OUR_KEY = frozenset({"InvalidAPIKey", "UserNotFound", "TimeoutIP", "UnsafeIP", ""})


class Giving(Protocol):
    """What can send kudos: the client of a Horde, with somebody's key."""

    async def transfer_kudos(self, to: str, amount: int, *, idempotency_key: str) -> float:
        """Send kudos; see `common/horde/accounts.py`."""
        ...


PayerOf = Callable[[str], Awaitable[Giving]]
"""From a fund's id to who pays. Raises Refusal where the key is gone."""


class End(Enum):
    """How a try ended."""

    SENT = auto()
    PUT_OFF = auto()
    REFUSED = auto()


class Outbox:
    """Sends what is due."""

    def __init__(self, ledger: Ledger, payer_of: PayerOf, *, most_tries: int = MOST_TRIES) -> None:
        self._ledger = ledger
        self._payer_of = payer_of
        self._most_tries = most_tries

    async def send_due(self, lease: Lease, *, most: int = AT_ONCE) -> int:
        """Send what is due, one after the other; returns how many went.

        After one that has to wait the others wait for the next time too: it lasts while the lease
        does, and who is limited would be for the next one as well.
        """
        went = 0
        for transfer in await self._ledger.due(most=most):
            end = await self._send(lease, transfer)
            went += end is End.SENT
            if end is End.PUT_OFF:
                break
        return went

    async def _send(self, lease: Lease, transfer: Transfer) -> End:
        try:
            payer = await self._payer_of(transfer.fund)
        except Refusal as gone:
            await self._give_up(lease, transfer, str(gone), certain=not transfer.doubtful)
            return End.REFUSED
        if not await self._ledger.sending(lease, transfer):
            return End.REFUSED
        try:
            await payer.transfer_kudos(
                transfer.receiver or "", transfer.kudos, idempotency_key=transfer.id
            )
        except HordeError as error:
            return await self._not_sent(lease, transfer, error)
        await self._ledger.sent(lease, transfer)
        log.info("kudos_sent", of=transfer.event, kudos=transfer.kudos, order=transfer.id)
        return End.SENT

    async def _not_sent(self, lease: Lease, transfer: Transfer, error: HordeError) -> End:
        """Put a transfer off, or give it up, by what the Horde said."""
        seconds, doubtful = _pause(transfer, error)
        if seconds is None or transfer.tries >= self._most_tries:
            certain = not (transfer.doubtful or doubtful) or error.rc in PROVES_NOTHING_WENT
            await self._give_up(lease, transfer, str(error), certain=certain)
            return End.REFUSED
        await self._ledger.put_off(
            lease, transfer, seconds=seconds, doubtful=doubtful, reason=str(error)
        )
        return End.PUT_OFF

    async def _give_up(
        self, lease: Lease, transfer: Transfer, reason: str, *, certain: bool
    ) -> None:
        log.warning("kudos_refused", of=transfer.event, order=transfer.id, certain=certain)
        await self._ledger.refused(lease, transfer, reason, certain=certain)


def _pause(transfer: Transfer, error: HordeError) -> tuple[float | None, bool]:
    """Return after how many seconds to try again (None: never), and whether it may have gone."""
    if isinstance(error, HordeBusy):
        return max(error.retry_after or 0.0, 1.0), False
    if isinstance(error, HordeUnreachable):
        pause = FIRST_PAUSE * 2 ** min(transfer.tries, 10)
        return min(pause, LONGEST_PAUSE), True
    if isinstance(error, HordeForbidden) and error.rc in ABOUT_OUR_KEY:
        return KEY_PAUSE, False
    return None, False
