"""Sponsors: invited by a link, giving a key on a page of ours, and free to take it away."""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from pydantic import SecretStr

from common.errors import HordeError, HordeForbidden, Refusal
from common.horde.wire_accounts import User
from events.kudos.funds import Funds
from events.kudos.payers import ANONYMOUS_ID, Payers, purpose_of
from events.kudos.records import FundRow, FundState, Purpose
from events.prizes import MOST_KUDOS

log = structlog.get_logger()

SHARED = "(Shared Key:"
"""How the Horde names who asks with a shared key: it can pay for pictures only."""
LONGEST_KEY = 200


@dataclass(frozen=True, slots=True)
class Removal:
    """What taking a key away means."""

    unpaid: int
    """Kudos of prizes that are not paid because of it."""
    shared_key_left: bool
    """Whether the party's shared key could not be deleted on the Horde: it is forgotten here,
    so nobody can spend it, and ends by itself."""


class Sponsors:
    """What sponsors can do."""

    def __init__(self, funds: Funds, payers: Payers) -> None:
        self._funds = funds
        self._payers = payers

    async def invite(self, event: str, purpose: Purpose = Purpose.PRIZES) -> str:
        """Return the token of a link for one sponsor. Raises Refusal where keys cannot be kept."""
        self._payers.seal()
        self._payers.house()
        return await self._funds.invite(event, purpose)

    async def invitation(self, token: str) -> FundRow | None:
        """Return what a link is for; None if it is none, or too old."""
        return await self._funds.invited(token)

    async def give(self, token: str, *, browser: str, key: SecretStr, kudos: int) -> FundRow:
        """Take a sponsor's key for an amount. Raises Refusal that says what is wrong."""
        fund = await self._funds.invited(token)
        if fund is None:
            raise Refusal("kudos.link_unknown")
        if fund.state is not FundState.INVITED:
            raise Refusal("kudos.link_used")
        if not 1 <= kudos <= MOST_KUDOS:
            raise Refusal("kudos.bad_amount", most=MOST_KUDOS)
        user = await self._look_up(key)
        promised = await self._funds.promised(user.username)
        if user.kudos < promised + kudos:
            have = max(0, int(user.kudos) - promised)
            raise Refusal("kudos.sponsor_has_less", name=user.username, have=have, kudos=kudos)
        sealed = self._payers.seal().close(key, purpose_of(fund.id, "key"))
        await self._funds.given(
            fund, name=user.username, kudos=kudos, sealed=sealed, browser=browser
        )
        log.info("sponsor_came", of=fund.event, fund=fund.id, kudos=kudos)
        given = await self._funds.get(fund.id)
        assert given is not None
        return given

    async def remove(self, fund: FundRow) -> Removal:
        """Forget a sponsor's key at once, whatever the Horde says."""
        left = not await self._delete_shared_key(fund)
        unpaid = await self._funds.removed(fund.id)
        self._payers.drop(fund.id)
        log.info("sponsor_left", of=fund.event, fund=fund.id, unpaid=unpaid)
        return Removal(unpaid, left)

    async def dismiss(self, event: str, name: str, fund: str) -> Removal:
        """Forget the key of one of an event's sponsors. Raises Refusal if it has no such sponsor.

        `event` is the event's id, `name` what people call it.
        """
        row = await self._funds.get(fund)
        if row is None or row.event != event or row.is_house:
            raise Refusal("payout.no_such_fund", fund=fund[:50], name=name)
        return await self.remove(row)

    async def _look_up(self, key: SecretStr) -> User:
        text = key.get_secret_value()
        if not 0 < len(text) <= LONGEST_KEY or not (text.isascii() and text.isprintable()):
            raise Refusal("kudos.key_unknown")
        try:
            user = await self._payers.client(key).find_user()
        except HordeForbidden as error:
            raise Refusal("kudos.key_unknown") from error
        except HordeError as error:
            raise Refusal("kudos.horde_silent") from error
        if user.id == ANONYMOUS_ID or SHARED in user.username:
            raise Refusal("kudos.key_of_nobody")
        return user

    async def _delete_shared_key(self, fund: FundRow) -> bool:
        """Delete the party's shared key on the Horde; return whether nothing is left of it."""
        if fund.shared_key is None:
            return True
        try:
            payer = self._payers.of_row(fund)
            key = self._payers.seal().open(fund.shared_key, purpose_of(fund.id, "shared key"))
            await payer.delete_shared_key(key)
        except (HordeError, Refusal) as error:
            log.warning("shared_key_not_deleted", fund=fund.id, error=str(error))
            return False
        return True
