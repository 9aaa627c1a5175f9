"""HTML that people's servers send as the plain text they wrote, and our text where that is all."""

from __future__ import annotations

import re
from collections.abc import Collection

from selectolax.lexbor import LexborHTMLParser

MAX_CHARACTERS = 200_000
"""Of HTML that is read; what comes after is cut."""
_BLOCKS = "p, div, ul, ol, h1, h2, h3, h4, h5, h6, pre"
_LINES = "br, li"
_UNSEEN = "script, style, template, blockquote, del, s, strike, .quote-inline"
_TYPED = re.compile(r"`([^`\n]+)`")
_QUOTED = re.compile(r"^(?:RE|QT|QRT):\s*https?://\S+$\n*", re.MULTILINE | re.IGNORECASE)
"""How a quoted post is written where quotes are not known."""


def plain_text(html: str, *, people: Collection[str] = ()) -> str:
    """Return what a post says, with its line breaks; what it quotes or strikes out is left out.

    Links to an address in `people` are left out. Other people, hashtags and links stay as they are
    shown.
    """
    tree = LexborHTMLParser(html[:MAX_CHARACTERS].replace("\n", " "))
    body = tree.body
    if body is None:
        return ""
    for node in tree.css(_UNSEEN):
        node.decompose()
    for link in tree.css("a"):
        if (link.attributes.get("href") or "") in people:
            link.decompose()
    for node in tree.css(_LINES):
        node.insert_after("\n")
    for node in tree.css(_BLOCKS):
        node.insert_after("\n\n")
    text = body.text(deep=True).replace("\xa0", " ")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", _QUOTED.sub("", "\n".join(lines))).strip()


def unmarked(text: str) -> str:
    """Return a text of ours with quotes for the marks of code, where people would see the marks.

    The grammar reads what is copied together with its quotes.
    """
    return _TYPED.sub(r"“\1”", text)
