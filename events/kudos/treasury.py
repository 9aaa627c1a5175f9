"""All that an event needs to know of kudos, in one place: prove, award, pay, tell."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from common.errors import HordeError, HordeForbidden, Refusal
from common.horde.wire_accounts import User
from events.kudos.funds import Funds
from events.kudos.ledger import Ledger
from events.kudos.outbox import Outbox
from events.kudos.party import Party
from events.kudos.payers import ANONYMOUS_ID, Payers
from events.kudos.records import FundRow, FundState, Purpose
from events.kudos.sponsors import Sponsors
from events.prizes import Entrant, Prizes, Proof, award, prove, worst_case
from request.kept.leases import Lease


@dataclass(frozen=True, slots=True)
class Cost:
    """What an event costs at most, and who would pay."""

    prizes: int
    pictures: int
    sponsors: int
    """What sponsors have given for the prizes."""
    house: int
    """What the bot's own account pays of the prizes at most."""
    house_pictures: int
    """The same for pictures."""


class Treasury:
    """The money side of events. Without prizes it asks nobody for anything."""

    def __init__(self, *, funds: Funds, ledger: Ledger, payers: Payers) -> None:
        self.funds = funds
        self.ledger = ledger
        self.payers = payers
        self.sponsors = Sponsors(funds, payers)
        self.party = Party(funds, payers)
        self.outbox = Outbox(ledger, payers.of)

    # --- before -----------------------------------------------------------------------------

    async def cost(self, event: str, prizes: Prizes, *, most_people: int | None = None) -> Cost:
        """Return what an event costs at most, without asking the Horde."""
        most = worst_case(prizes, most_people=most_people)
        given = sum(row.kudos for row in await self._sponsors(event, Purpose.PRIZES))
        for_pictures = sum(row.kudos for row in await self._sponsors(event, Purpose.PICTURES))
        return Cost(
            prizes=most,
            pictures=prizes.pictures,
            sponsors=given,
            house=max(0, most - given),
            house_pictures=max(0, prizes.pictures - for_pictures),
        )

    async def secure(
        self, event: str, prizes: Prizes, *, most_people: int | None = None
    ) -> Proof | None:
        """Prove that all that is announced can be paid, and set it aside; None without prizes.

        Sponsors pay first; the bot's own account pays the rest. Each account must hold what it
        has promised to all events together. Raises Refusal that says who lacks how much, or that
        no Horde pays prizes here.
        """
        if not prizes.any:
            return None
        if prizes.pictures:
            self.payers.seal()  # a shared key can be kept
        for purpose in Purpose:
            for row in await self._sponsors(event, purpose):
                await self._check_balance(row)
        await self._set_house(event, await self.cost(event, prizes, most_people=most_people))
        funds = [row.fund for row in await self._ready(event, Purpose.PRIZES)]
        return prove(prizes, funds, most_people=most_people)

    async def _set_house(self, event: str, cost: Cost) -> None:
        """Set the bot's own share aside, if its account can pay it with all it has promised."""
        before = [row for row in await self.funds.of(event) if row.is_house]
        bound = await self.ledger.bound(event)
        house = max([cost.house, *(bound.get(row.id, 0) for row in before)])
        needed = house + cost.house_pictures
        if not needed and not before:
            return
        user = await self._user(None)
        promised = await self.funds.promised(user.username, but=[row.id for row in before])
        _check(user, promised + needed)
        for purpose, kudos in (
            (Purpose.PRIZES, house),
            (Purpose.PICTURES, cost.house_pictures),
        ):
            if kudos or any(row.purpose is purpose for row in before):
                await self.funds.set_house(event, purpose, name=user.username, kudos=kudos)

    async def _check_balance(self, row: FundRow) -> None:
        """Refuse what a sponsor cannot pay together with all that is promised in their name."""
        user = await self._user(row)
        _check(user, await self.funds.promised(user.username))

    async def _user(self, row: FundRow | None) -> User:
        """Return whose key pays. Raises Refusal."""
        payer = self.payers.house() if row is None else self.payers.of_row(row)
        try:
            user = await payer.find_user()
        except HordeForbidden as error:
            name = row.name if row is not None else payer.name
            raise Refusal("kudos.payers_key_unknown", name=name) from error
        except HordeError as error:
            raise Refusal("kudos.horde_silent") from error
        if user.id == ANONYMOUS_ID:
            raise Refusal("kudos.no_account", horde=payer.name)
        return user

    async def _ready(self, event: str, purpose: Purpose) -> list[FundRow]:
        rows = await self.funds.of(event, purpose)
        return [row for row in rows if row.state is FundState.READY and row.kudos]

    async def _sponsors(self, event: str, purpose: Purpose) -> list[FundRow]:
        return [row for row in await self._ready(event, purpose) if not row.is_house]

    async def look_up(self, number: int) -> User:
        """Return what everybody may know of an account on the Horde. Raises HordeError, Refusal."""
        return await self.payers.house().user(number)

    # --- after ------------------------------------------------------------------------------

    async def award(
        self,
        lease: Lease,
        event: str,
        prizes: Prizes,
        *,
        entrants: Sequence[Entrant],
        winners: Sequence[Entrant],
        names: Mapping[str, str],
    ) -> None:
        """Write down who gets what (see `prizes.award`); `names` are Horde accounts by payee."""
        await self.ledger.award(lease, event, award(prizes, entrants, winners), names)

    async def pay(self, lease: Lease) -> int:
        """Send what is due, and give up what nobody claimed; returns how many transfers went.

        Nobody else sends under this lease: what is still being sent, a try left that was cut off.
        """
        await self.ledger.recover(lease)
        await self.ledger.lapse(lease)
        return await self.outbox.send_due(lease)

    async def is_settled(self, event: str) -> bool:
        """Tell whether nothing of an event is on its way any more."""
        return (await self.ledger.sheet(event)).settled

    async def close(self, event: str) -> bool:
        """Give back what an event that is over does not need, and forget its keys.

        False while a prize waits for its winner: done again later. Raises HordeError where a
        party's shared key could not be deleted.
        """
        await self.party.close(event)
        return await self.funds.close(event)


def _check(user: User, promised: float) -> None:
    if user.kudos < promised:
        missing = math.ceil(promised - user.kudos)
        raise Refusal("kudos.account_has_less", name=user.username, missing=missing)
