"""Where the program is struck down: before and after each exchange, each commit, and at random."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

EXCHANGES = 48
"""So many exchanges from the start of a program (or of its turn) are struck at, one after another."""
COMMITS = 40
LONGEST = 20.0
"""Seconds until a strike at random, at the world's pace."""


@dataclass(frozen=True, slots=True)
class Strike:
    kind: str
    """exchange, commit or random."""
    after: bool = False
    number: int = 0
    seconds: float = 0.0

    def __str__(self) -> str:
        if self.kind == "random":
            return f"after {self.seconds:.1f} s"
        return f"{'after' if self.after else 'before'} {self.kind} {self.number}"


def strikes(count: int, random: Random) -> Iterator[Strike]:
    """Yield so many strikes: two fifths at exchanges, two fifths at commits, the rest at random.

    What is not reached for want of kills is spread: the numbers go round in steps that meet each.
    """
    for turn in range(count):
        lap, kind = divmod(turn, 5)
        if kind == 4:
            yield Strike("random", seconds=random.uniform(0, LONGEST))
        elif kind < 2:
            yield Strike("exchange", after=kind == 1, number=1 + lap * 17 % EXCHANGES)
        else:
            yield Strike("commit", after=kind == 3, number=1 + lap * 11 % COMMITS)
