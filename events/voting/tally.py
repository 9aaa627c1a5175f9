"""Counting votes: pure, exact, and the same for whoever counts them again.

The rule, in the order in which it is applied:

1. A ballot is a set of entries its voter approves of, one per person. Numbers that stand for no
   entry are passed over.
2. Ballots fall into columns, one per account of the bot, that is per platform and community. A
   platform's own poll is a column too, with as many ballots as its busiest heat had votes.
3. With several columns none weighs more than `largest_share` of all: the ballots of one that would
   are each worth less, by the same factor.
4. An entry's points are the ballots that approve of it, by their weight, plus, where upvotes count,
   its part of the most upvotes any entry has, times `upvotes` of the whole.
5. More points win; then more ballots, whatever their weight; then more columns with at least one
   vote for it; then the entry that came earlier.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from math import lcm

PRECISION = 10**6
"""Shares in a plan are rounded to millionths before anything is counted."""


@dataclass(frozen=True, slots=True)
class Rule:
    """What a plan says of counting."""

    largest_share: float = 0.67
    upvotes: float = 0.0
    places: int = 3


@dataclass(frozen=True, slots=True)
class Cast:
    """A ballot, as it is counted and published."""

    id: str
    """Its voter's receipt: random, and no name."""
    column: str
    choices: tuple[int, ...]
    """Each number once."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Votes for an entry that a platform counted itself."""

    source: str
    """Which poll (the votes of one heat have the same), or where the upvotes stand."""
    column: str
    """Account of the bot."""
    entry: int
    votes: int
    upvotes: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """What an entry got."""

    place: int
    """From 1; every entry has one of its own."""
    number: int
    points: float
    """Rounded to millionths; the order is decided by the exact value."""
    ballots: int
    columns: int
    upvotes: int


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of a vote."""

    lines: tuple[Line, ...]
    """Best first."""
    weights: Mapping[str, float]
    """What one ballot of each column was worth."""
    ballots: int
    """How many there were, empty ones too."""

    def winners(self, places: int) -> tuple[Line, ...]:
        """Return those that got a place: the best, as far as anybody voted for them."""
        return tuple(line for line in self.lines[:places] if line.points > 0)


class Sums:
    """Ballots added up by column, some at a time: all that a count needs of them."""

    def __init__(self, entries: Iterable[int]) -> None:
        """Take the numbers of the entries that stand."""
        self._known = frozenset(entries)
        self.votes: dict[str, Counter[int]] = {}
        self.sizes: Counter[str] = Counter()
        """Ballots that approve of an entry that stands."""
        self.ballots = 0
        """How many there were, empty ones too."""

    def add(self, column: str, cast: Collection[Sequence[int]]) -> None:
        """Add ballots of a column: the numbers that each approves of, each number once."""
        self.ballots += len(cast)
        valid = [numbers for numbers in cast if not self._known.isdisjoint(numbers)]
        if valid:
            self.sizes[column] += len(valid)
            self.votes.setdefault(column, Counter()).update(chain.from_iterable(valid))


def tally(
    entries: Sequence[int],
    ballots: Iterable[Cast],
    counted: Sequence[Counted] = (),
    rule: Rule = Rule(),
) -> Result:
    """Count the votes for the entries with these numbers, in the order in which they came."""
    sums = Sums(entries)
    by_column: dict[str, list[tuple[int, ...]]] = {}
    for ballot in ballots:
        by_column.setdefault(ballot.column, []).append(ballot.choices)
    for column, cast in by_column.items():
        sums.add(column, cast)
    return result_of(entries, sums, counted, rule)


def result_of(
    entries: Sequence[int], sums: Sums, counted: Sequence[Counted] = (), rule: Rule = Rule()
) -> Result:
    """Return the outcome of ballots that are added up, with what platforms counted themselves."""
    known = set(entries)
    votes, sizes = {**sums.votes}, Counter(sums.sizes)
    _add_polls(counted, known, votes, sizes)
    weights = balanced(sizes, rule.largest_share)
    upvotes: Counter[int] = Counter()
    for one in counted:
        if one.upvotes and one.entry in known:
            upvotes[one.entry] += max(0, one.votes)
    bonus = _bonus(upvotes, weights, sizes, rule.upvotes)
    # in whole numbers, which compare exactly and fast
    unit = lcm(*(share.denominator for share in (*weights.values(), *bonus.values())))
    worth = [(votes[column], int(weight * unit)) for column, weight in weights.items()]
    extra = {number: int(share * unit) for number, share in bonus.items()}
    points = {n: sum(found[n] * one for found, one in worth) + extra.get(n, 0) for n in entries}
    raw = {number: sum(found[number] for found in votes.values()) for number in entries}
    wide = {number: sum(found[number] > 0 for found in votes.values()) for number in entries}
    came = {number: at for at, number in enumerate(entries)}
    order = sorted(entries, key=lambda n: (-points[n], -raw[n], -wide[n], came[n]))
    lines = tuple(
        Line(place, n, round(points[n] / unit, 6), raw[n], wide[n], upvotes[n])
        for place, n in enumerate(order, start=1)
    )
    told = {name: round(float(weight), 6) for name, weight in weights.items()}
    return Result(lines, told, sums.ballots)


def balanced(sizes: Mapping[str, int], largest_share: float) -> dict[str, Fraction]:
    """Return what one ballot of each column is worth, so that no column outweighs the others.

    `sizes` are the ballots of each. Where the share cannot be kept (two columns, and less than a
    half each) all weigh the same.
    """
    weights = {column: Fraction(1) for column, size in sizes.items() if size}
    if len(weights) < 2:
        return weights
    share = max(Fraction(round(largest_share * PRECISION), PRECISION), Fraction(1, len(weights)))
    capped: set[str] = set()
    while True:
        free = sum((Fraction(sizes[name]) for name in weights if name not in capped), Fraction(0))
        left = 1 - share * len(capped)
        whole = free / left if left > 0 and free else None
        if whole is None:
            smallest = min(Fraction(sizes[name]) for name in weights)
            return {name: smallest / sizes[name] for name in weights}
        over = {
            name for name in weights if name not in capped and Fraction(sizes[name]) > share * whole
        }
        if not over:
            return {
                name: share * whole / sizes[name] if name in capped else Fraction(1)
                for name in weights
            }
        capped |= over


def _add_polls(
    counted: Sequence[Counted],
    known: set[int],
    votes: dict[str, Counter[int]],
    sizes: Counter[str],
) -> None:
    heats: dict[str, Counter[str]] = {}
    for one in counted:
        if one.upvotes or one.entry not in known or one.votes <= 0:
            continue
        column = f"poll:{one.column}"
        votes.setdefault(column, Counter())[one.entry] += one.votes
        heats.setdefault(column, Counter())[one.source] += one.votes
    for column, by_heat in heats.items():
        sizes[column] = max(by_heat.values())


def _bonus(
    upvotes: Counter[int],
    weights: Mapping[str, Fraction],
    sizes: Mapping[str, int],
    share: float,
) -> dict[int, Fraction]:
    most = max(upvotes.values(), default=0)
    part = Fraction(round(share * PRECISION), PRECISION)
    if not most or not part:
        return {}
    whole = sum((weights[name] * sizes[name] for name in weights), Fraction(0)) or Fraction(1)
    return {n: part / (1 - part) * whole * Fraction(count, most) for n, count in upvotes.items()}
