"""docs/reference/performance.md: what was measured is written anew, other sections stay."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.bench.figures import Figure

HEAD = """\
# Performance

Measured by `make bench` (`python -m tests.bench`), which writes this page: medians, and beside them
the smallest and the largest of the runs. `--runs N` says how many runs, `--only GROUP` measures a
part and leaves the other sections as they are, `--install` adds the installation, which takes a
minute. `--scale 0.1` makes the quarter of an
hour that `card` takes a minute and a half. `STYLELIST_DIR` names a folder with a public stylelist to measure too. No figure decides a
test.
"""
SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)


def write(
    path: Path, measured: Mapping[str, Sequence[Figure]], *, order: Sequence[str], note: str
) -> None:
    """Put new figures into the page. Sections that are not in `order` come first, as they are."""
    page = path.read_text("utf-8") if path.exists() else ""
    sections = {heading: body.strip("\n") for heading, body in SECTION.findall(page)}
    sections |= {heading: _section(figures, note) for heading, figures in measured.items()}
    by_hand = [heading for heading in sections if heading not in order]
    headings = [*by_hand, *(heading for heading in order if heading in sections)]
    parts = [HEAD, *(f"## {heading}\n{sections[heading]}\n" for heading in headings)]
    path.write_text("\n".join(parts), "utf-8")


def _section(figures: Sequence[Figure], note: str) -> str:
    names = ["what", "median", "range"]
    cells = [[figure.what, figure.value, figure.spread] for figure in figures]
    if any(figure.target for figure in figures):
        names.append("target")
        for row, figure in zip(cells, figures, strict=True):
            row.append(figure.target)
    rows = [f"| {' | '.join(row)} |" for row in [names, ["---"] * len(names), *cells]]
    return "\n".join([*rows, "", note])
