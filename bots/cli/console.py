"""What commands print for people: wrapped and coloured on a terminal, plain and whole elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDE = 10_000
"""Columns of what is no terminal: nothing is cut or broken there."""
LABEL = 14
"""Columns of a label in front of a fact."""
UNSHOWN = "\N{REPLACEMENT CHARACTER}"


def open_console() -> Console:
    """Return a console on standard output that takes text as it is."""
    from rich.console import Console

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = WIDE
    return console


def plain(text: str) -> str:
    """Return a text from elsewhere as it may stand in one line of a terminal."""
    return "".join(char if char.isprintable() else UNSHOWN for char in text)


def fact(console: Console, label: str, value: str, style: str = "") -> None:
    """Print a fact in full under its label (`label.*` of the catalogue), line below line."""
    from rich.text import Text

    from common import texts

    name = texts.say(f"label.{label}") if label else ""
    text = Text()
    for number, line in enumerate(value.split("\n")):
        beginning = "\n" if number else ""
        text.append(f"{beginning}  {'' if number else name:<{LABEL}}", style="dim")
        text.append(plain(line), style=style)
    console.print(text, soft_wrap=True)


def table(console: Console, *labels: str) -> Table:
    """Return an empty table with these labels over its columns; cells are folded, never cut."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from common import texts

    made = Table(box=SIMPLE_HEAD if console.is_terminal else None, pad_edge=False)
    for label in labels:
        made.add_column(texts.say(f"label.{label}"), overflow="fold")
    return made
