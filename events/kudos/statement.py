"""What an event can cost, who pays, and what has been paid; for the terminal and the page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from common.texts import say
from events.kudos.records import FundRow, Sheet
from events.kudos.treasury import Cost, Treasury
from events.model import Event
from events.prizes import Prizes, covered


@dataclass(frozen=True, slots=True)
class Statement:
    """The money side of one event."""

    name: str
    prizes: Prizes
    cost: Cost
    sheet: Sheet
    funds: Sequence[FundRow]

    @property
    def costs(self) -> list[str]:
        """What it can cost, a sentence each."""
        if not self.prizes.any:
            return [say("payout.none", name=self.name)]
        cost = self.cost
        lines = [say("payout.cost", kudos=cost.prizes, house=cost.house)]
        if (people := covered(self.prizes)) is not None:
            each = self.prizes.participation
            lines.append(say("payout.participants", kudos=each, people=people))
        if self.prizes.pictures:
            lines.append(say("payout.pictures", kudos=self.prizes.pictures))
        return lines

    @property
    def paid(self) -> str:
        """What of it has been given, in a sentence."""
        sheet = self.sheet
        return say(
            "payout.sheet",
            sent=sheet.sent,
            on_the_way=sheet.on_the_way,
            waiting=sheet.waiting,
            failed=sheet.refused + sheet.unclear,
            lapsed=sheet.lapsed,
        )


async def state(treasury: Treasury, event: Event) -> Statement:
    """Return the money side of an event, without asking the Horde."""
    return Statement(
        name=event.name,
        prizes=event.plan.prizes,
        cost=await treasury.cost(event.id, event.plan.prizes),
        sheet=await treasury.ledger.sheet(event.id),
        funds=await treasury.funds.of(event.id),
    )
