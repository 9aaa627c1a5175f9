"""What commands print for people: wrapped and coloured on a terminal, plain and whole elsewhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 10_000
"""Columns of what is no terminal: nothing is cut or broken there."""
LABEL = 10


def open_console() -> Console:
    """Return a console on standard output that takes text as it is."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def fact(console: Console, label: str, value: str, style: str = "") -> None:
    """Print a label and what belongs to it, in full; further lines of it stand below."""
    from rich.text import Text

    first, *more = value.split("\n") or [""]
    line = Text(f"  {label:<{LABEL}}", style="dim")
    line.append(first, style=style or "not dim")
    for rest in more:
        line.append(f"\n  {'':<{LABEL}}{rest}", style=style or "not dim")
    console.print(line, soft_wrap=True)


def table(console: Console, *columns: str) -> Table:
    """Return an empty table whose cells are folded, never cut."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    made = Table(box=SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def sentences(console: Console, lines: Iterable[str], style: str = "") -> None:
    """Print sentences, one a line."""
    for line in lines:
        console.print(line, style=style or None, soft_wrap=True)
