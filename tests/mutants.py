"""How many of the faults put into each room the tests noticed: reads `mutmut results --all true`."""

from __future__ import annotations

import sys
from collections import Counter, defaultdict
from collections.abc import Iterable

NOTICED = frozenset({"killed", "timeout", "segfault", "caught by type check"})


def scores(lines: Iterable[str]) -> dict[str, Counter[str]]:
    """Return the outcomes of each room's mutants, by lines of `package.room.….mutant: outcome`.

    A room is a folder of `request` or `common`, or another package.
    """
    rooms: dict[str, Counter[str]] = defaultdict(Counter)
    for line in lines:
        name, _, outcome = line.strip().partition(": ")
        package, *inside, _, _ = name.split(".")
        rooms["/".join((package, *inside[:1]))][outcome] += 1
    return rooms


def main() -> None:
    print("| room | mutants | noticed | not looked at | score |\n|---|---:|---:|---:|---:|")
    for room, outcomes in sorted(scores(sys.stdin).items()):
        waiting = outcomes.pop("not checked", 0)
        total = outcomes.total()
        noticed = sum(outcomes[outcome] for outcome in NOTICED)
        share = f"{noticed / total:.1%}" if total else "–"
        print(f"| `{room}/` | {total + waiting} | {noticed} | {waiting} | {share} |")


if __name__ == "__main__":
    main()
