"""How many of the faults put into each room the tests noticed: reads `mutmut results --all true`.

With the folder of a run as argument: clears away what was being written when the run was stopped.
"""

from __future__ import annotations

import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path

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


def unfinished(folder: Path) -> Iterator[Path]:
    """Yield files that mutmut was writing when it was stopped, and would now take for whole."""
    for file in folder.rglob("*.py.meta"):
        try:
            json.loads(file.read_bytes())
        except ValueError:
            yield from (file, file.with_suffix(""))
    for file in folder.rglob("*.py"):
        if "tests" in file.parts:
            continue  # copied, as they are
        if not file.with_name(f"{file.name}.meta").exists():
            text = file.read_bytes()
            if not text or b"__mutmut_" in text:
                yield file
        elif not file.stat().st_size:
            yield file


def clear(folder: Path) -> None:
    """Delete them: the next run makes them anew, and keeps what it knows of all others."""
    for file in list(unfinished(folder)):
        file.unlink(missing_ok=True)


def main() -> None:
    if sys.argv[1:]:
        clear(Path(sys.argv[1]))
        return
    print("| room | mutants | noticed | not looked at | score |\n|---|---:|---:|---:|---:|")
    for room, outcomes in sorted(scores(sys.stdin).items()):
        waiting = outcomes.pop("not checked", 0)
        total = outcomes.total()
        noticed = sum(outcomes[outcome] for outcome in NOTICED)
        share = f"{noticed / total:.1%}" if total else "–"
        print(f"| `{room}/` | {total + waiting} | {noticed} | {waiting} | {share} |")


if __name__ == "__main__":
    main()
