"""What an event gives: participation and places in kudos, and what of it can be proven.

Kudos are never sold: nothing here lets anybody buy an entry, a vote or a prize. An event without
prizes needs no account on a Horde.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from pydantic import Field, model_validator

from common.errors import Refusal
from common.settings.section import Section

MOST_KUDOS = 50_000_000
"""The largest limit a Horde takes for a shared key."""
MOST_PLACES = 20
PLACE = "place"
TAKING_PART = "taking part"


class Prizes(Section):
    """What an event may cost, in kudos. All zeros: it has no prizes."""

    participation: int = Field(
        default=0, ge=0, le=MOST_KUDOS, description="For everybody with a valid entry, once."
    )
    places: tuple[int, ...] = Field(
        default=(), max_length=MOST_PLACES, description="For the winners, the first place first."
    )
    per_person: int | None = Field(
        default=None, ge=1, le=MOST_KUDOS, description="Most that one person gets; null: any."
    )
    budget: int = Field(
        default=0, ge=0, le=MOST_KUDOS, description="Most that all prizes together may cost."
    )
    pictures: int = Field(
        default=0, ge=0, le=MOST_KUDOS, description="What pictures made in a party may cost."
    )
    max_pixels: int = Field(
        default=1024 * 1024,
        ge=64 * 64,
        le=4_194_304,
        description="Largest picture the party pays for.",
    )
    max_steps: int = Field(
        default=30, ge=1, le=500, description="Most steps of a picture the party pays for."
    )

    @property
    def any(self) -> bool:
        """Whether anything is given at all."""
        return bool(self.participation or self.places or self.pictures)

    def pays_for(self, *, width: int, height: int, steps: int) -> bool:
        """Tell whether the party's money is for such a picture."""
        return width * height <= self.max_pixels and steps <= self.max_steps

    @model_validator(mode="after")
    def _hang_together(self) -> Self:
        if any(kudos < 1 for kudos in self.places):
            raise ValueError("every place needs a prize of at least 1; leave the others out")
        if list(self.places) != sorted(self.places, reverse=True):
            raise ValueError("a better place cannot get less: write the places in falling order")
        least = sum(self.places) + self.participation
        if least > self.budget:
            raise ValueError(
                f"the places and one participation cost {least} kudos, the budget is {self.budget}"
            )
        most = max((*self.places[:1], self.participation))
        if self.per_person is not None and self.per_person < most:
            raise ValueError(
                f"a person may get {self.per_person} kudos, but one of the prizes is {most}"
            )
        return self


@dataclass(frozen=True, slots=True)
class Fund:
    """Where kudos for an event come from: the bot's own account, or a sponsor's."""

    id: str
    name: str
    """Public name of the account that pays."""
    kudos: int
    """What was set aside there for the prizes of this event."""


@dataclass(frozen=True, slots=True)
class Proof:
    """That everything announced can be paid."""

    worst_case: int
    """The most the prizes can cost."""
    participants: int | None
    """How many people can get the participation award; None: there is none."""
    funds: int
    """What stands behind it."""

    @property
    def spare(self) -> int:
        """What is left even then."""
        return self.funds - self.worst_case


def covered(prizes: Prizes) -> int | None:
    """Return how many people the budget gives the participation award; None without one.

    The places come first: whoever enters late costs no winner their prize.
    """
    if not prizes.participation:
        return None
    return (prizes.budget - sum(prizes.places)) // prizes.participation


def worst_case(prizes: Prizes, *, most_people: int | None = None) -> int:
    """Return the most that the prizes can cost; never more than the budget.

    `most_people` is how many can take part, where that is limited.
    """
    people = covered(prizes) or 0
    if most_people is not None:
        people = min(people, most_people)
        places = sum(prizes.places[:most_people])
    else:
        places = sum(prizes.places)
    return places + people * prizes.participation


def prove(prizes: Prizes, funds: Iterable[Fund], *, most_people: int | None = None) -> Proof:
    """Show that the funds cover the worst case. Raises Refusal that says how much is missing."""
    cost = worst_case(prizes, most_people=most_people)
    there = sum(fund.kudos for fund in funds)
    if there < cost:
        raise Refusal("kudos.not_covered", cost=cost, funds=there, missing=cost - there)
    return Proof(cost, covered(prizes), there)


# --- who gets what ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Entrant:
    """Somebody with a valid entry."""

    person: str
    """The mark that stands for the person, the same for all their accounts."""
    payee: str
    """The mark of the account that entered: it says where the prize goes."""


@dataclass(frozen=True, slots=True)
class Award:
    """What somebody gets, and why. Nobody gets two for the same reason."""

    person: str
    payee: str
    reason: str
    """`place 1` … or `taking part`."""
    kudos: int


def award(
    prizes: Prizes, entrants: Sequence[Entrant], winners: Sequence[Entrant]
) -> tuple[Award, ...]:
    """Return who gets what. `entrants` stand in the order of their first entry.

    One person wins one place, the best; the next in order moves up. The participation award goes
    to those who came first, as far as the budget goes, and never takes somebody over the limit
    per person: then it is smaller.
    """
    limit = prizes.per_person or MOST_KUDOS
    places = [
        Award(winner.person, winner.payee, f"{PLACE} {number}", kudos)
        for number, (winner, kudos) in enumerate(
            zip(_once(winners), prizes.places, strict=False), start=1
        )
    ]
    won = {one.person: one.kudos for one in places}
    taking_part = []
    for entrant in _once(entrants)[: covered(prizes) or 0]:
        kudos = min(prizes.participation, limit - won.get(entrant.person, 0))
        if kudos > 0:
            taking_part.append(Award(entrant.person, entrant.payee, TAKING_PART, kudos))
    return (*places, *taking_part)


def _once(people: Iterable[Entrant]) -> list[Entrant]:
    """Return each person's first appearance."""
    seen: dict[str, Entrant] = {}
    for one in people:
        seen.setdefault(one.person, one)
    return list(seen.values())


@dataclass(frozen=True, slots=True)
class Share:
    """What one fund pays of an award."""

    award: Award
    fund: str
    kudos: int


def share_out(awards: Iterable[Award], funds: Iterable[Fund]) -> tuple[Share, ...]:
    """Return which fund pays what: the first as long as it lasts, then the next.

    Raises Refusal where they do not cover the awards, which `prove` excludes.
    """
    wanted = list(awards)
    purses = [(fund.id, fund.kudos) for fund in funds if fund.kudos > 0]
    shares: list[Share] = []
    for one in wanted:
        missing = one.kudos
        while missing and purses:
            fund, left = purses.pop(0)
            paid = min(missing, left)
            shares.append(Share(one, fund, paid))
            missing -= paid
            if left > paid:
                purses.insert(0, (fund, left - paid))
        if missing:
            total, there = sum(one.kudos for one in wanted), sum(one.kudos for one in shares)
            raise Refusal("kudos.not_covered", cost=total, funds=there, missing=total - there)
    return tuple(shares)
