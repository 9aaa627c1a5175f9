"""Where in a text something else than prompt begins: an option, `style:`, `###`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto

from request.grammar.aliases import ALIASES, SINGLE
from request.grammar.clean import UNSPACED
from request.grammar.options import BY_NAME, reads_well

_MARKER = re.compile(
    r"(?<!\S)(?P<dash>--|[—–-])(?P<name>[^\W\d_][\w-]*)"
    r"|(?P<separator>#{3,}|(?<![\w-])neg(?:ative)?[^\S\n]+prompts?[^\S\n]*[:：=]"
    r"|(?:\A|(?<=[\n,.;]))[^\S\n]*neg(?:atives?)?[^\S\n]*[:：])"
    rf"|(?<![^\W{UNSPACED}])(?<!-)style[^\S\n]*[:：=]"
    # what is no style or option unless it reads as one
    r"|(?<![\w-])(?P<near>(?:styel|sytle|stlye|styl|stile|tsyle|styles)[^\S\n]*[:：=]|style[^\S\n]*;)"
    r"|(?P<bare>(?<=[,\n])[^\S\n]*style[^\S\n]+(?=\w))"
    r"|(?<![^\s,(])(?P<key>seed|size|ar|aspect|steps|cfg|n)[^\S\n]*[:：]"
    r"|(?P<plain>(?<=[,\n])[^\S\n]*(?P<number>seed|steps|cfg)[^\S\n]+"
    r"(?=\d{1,10}(?:\.\d{1,3})?[^\S\n]*(?:[,;.\n]|\Z)))",
    re.IGNORECASE,
)


class MarkerKind(Enum):
    """What begins at a marker."""

    OPTION = auto()
    UNKNOWN = auto()
    """`--word` that is no option."""
    STYLE = auto()
    SEPARATOR = auto()


@dataclass(frozen=True, slots=True)
class Marker:
    """A place where something else than prompt begins."""

    kind: MarkerKind
    start: int
    end: int
    """Index behind the option's name, the colon, or the last `#`."""
    name: str = ""
    """The option's name, casefolded."""
    certain: bool = True
    """False behind a single dash: if the value cannot be read, it was prose."""
    usual: bool = True
    """False for what is not written as options and styles are: the answer says how it was read."""
    whole: bool = False
    """Whether nothing may follow the value in its region: else it was prose."""


def next_marker(text: str, start: int) -> Marker | None:
    """Return the first marker from an index on, or None."""
    for found in _MARKER.finditer(text, start):
        marker = _marker(text, found)
        if marker is not None:
            return marker
    return None


def says(text: str, option: str) -> bool:
    """Tell whether an option stands somewhere in a text, be the rest of it readable or not."""
    position = 0
    while (marker := next_marker(text, position)) is not None:
        if marker.kind is MarkerKind.OPTION and marker.name == option:
            return True
        position = marker.end
    return False


def region_end(text: str, start: int) -> int:
    """Return where the next marker begins, or the text's end."""
    marker = next_marker(text, start)
    return len(text) if marker is None else marker.start


def _marker(text: str, found: re.Match[str]) -> Marker | None:
    start, end = found.span()
    if found["separator"]:
        return Marker(MarkerKind.SEPARATOR, start, end)
    if found["dash"]:
        return _option(text, found)
    if word := found["key"] or found["number"]:
        key = word.casefold()
        well = reads_well(key, text, end)
        return Marker(MarkerKind.OPTION, start, end, key, False, False) if well else None
    usual = not (found["near"] or found["bare"])
    return Marker(MarkerKind.STYLE, start, end, "style", usual, usual, bool(found["bare"]))


def _option(text: str, found: re.Match[str]) -> Marker | None:
    """Return the marker of a dash and a name; None if they are prose."""
    said = found["name"].casefold()
    other = said.replace("_", "-")
    name = ALIASES.get(other, said if said in BY_NAME else other)
    known, borrowed = name in BY_NAME, other in ALIASES
    match found["dash"]:
        case "--":
            kind = MarkerKind.OPTION if known else MarkerKind.UNKNOWN
            return Marker(kind, found.start(), found.end(), name if known else said)
        case "-":
            name = SINGLE.get(said, said)
            certain, reads = False, reads_well(name, text, found.end())
        case _:  # a long dash, as telephones write two short ones
            certain, reads = not borrowed, known
            if borrowed:  # it may be a word of a sentence
                reads = reads_well(name, text, found.end())
    if not reads:
        return None
    return Marker(MarkerKind.OPTION, found.start(), found.end(), name, certain=certain)
