"""Addresses of pictures in the text of a request that works on pictures."""

from __future__ import annotations

import re
from dataclasses import dataclass

from common.errors import Refusal

LONGEST_ADDRESS = 1000
"""Characters of an address."""

_ADDRESS = re.compile(
    r"!?\[[^\]\n]{0,200}\]\(\s{0,3}<?(?P<linked>https?://\w[^\s)>]*)[^)\n]{0,200}\)"
    r"|(?<!\S)[(\[<\"'“‘«]{0,3}(?P<bare>https?://\w[^\s<>\"]*)\S*",
    re.IGNORECASE,
)
"""A link of Markdown (`![](https://…)`), or a word, as it is or in brackets or quotes."""
_LEADING = re.compile(r"(?<=\S)\s+(?:like|from|see|at|of|on)\s*\Z", re.IGNORECASE)
"""What led to an address and goes with it."""
_AFTER_ADDRESS = ",.;:!?'”’»]}"


@dataclass(frozen=True, slots=True)
class Cut:
    """A text taken apart."""

    pieces: tuple[str, ...]
    """The text before, between and behind the addresses."""
    addresses: tuple[str, ...]


def cut_addresses(text: str) -> Cut:
    """Return the https addresses of a text, and what is left of it.

    Punctuation and brackets around an address go with it. Raises Refusal for one that begins with
    `http:` or is too long.
    """
    pieces: list[str] = []
    addresses: list[str] = []
    position = 0
    for found in _ADDRESS.finditer(text):
        pieces.append(text[position : found.start()])
        addresses.append(_checked(found["linked"] or _bare(found["bare"])))
        position = found.end()
    return Cut((*pieces, text[position:]), tuple(addresses))


def other_addresses(text: str) -> Cut | None:
    """Return a text taken apart at its addresses, whatever they are; None if it has none."""
    found = list(_ADDRESS.finditer(text))
    if not found:
        return None
    ends = [0, *(one.end() for one in found)]
    starts = [*(one.start() for one in found), len(text)]
    pieces = tuple(
        _LEADING.sub("", text[end:start]) for end, start in zip(ends, starts, strict=True)
    )
    return Cut(pieces, tuple(one["linked"] or _bare(one["bare"]) for one in found))


def _bare(word: str) -> str:
    """Return an address without the punctuation of the sentence it stands in."""
    address = word.rstrip(_AFTER_ADDRESS)
    while address.endswith(")") and address.count(")") > address.count("("):
        address = address[:-1].rstrip(_AFTER_ADDRESS)
    return address


def _checked(address: str) -> str:
    if address[:8].casefold() != "https://":
        raise Refusal("refused.address_plain", address=address[:60])
    if len(address) > LONGEST_ADDRESS:
        raise Refusal("refused.address_long", most=LONGEST_ADDRESS)
    return address
