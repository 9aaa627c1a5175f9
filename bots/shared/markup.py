"""HTML that people's servers send, as the plain text they wrote."""

from __future__ import annotations

import re
from collections.abc import Collection

from selectolax.lexbor import LexborHTMLParser, LexborNode

MAX_CHARACTERS = 200_000
"""Of HTML that is read; what comes after is cut."""
_BLOCKS = "p, div, li, blockquote, h1, h2, h3, h4, h5, h6, pre"
_UNSEEN = "script, style, template, .quote-inline"


def plain_text(html: str, *, people: Collection[str] = ()) -> str:
    """Return what a post says, with its line breaks.

    Links to people are left out: those marked as mentions, and those to an address in `people`.
    Hashtags and other links stay as they are shown.
    """
    tree = LexborHTMLParser(html[:MAX_CHARACTERS].replace("\n", " "))
    body = tree.body
    if body is None:
        return ""
    for node in tree.css(_UNSEEN):
        node.decompose()
    for link in tree.css("a"):
        if _names_somebody(link, people):
            link.decompose()
    for node in tree.css("br"):
        node.insert_after("\n")
    for node in tree.css(_BLOCKS):
        node.insert_after("\n\n")
    text = body.text(deep=True).replace("\xa0", " ")
    lines = [" ".join(line.split()) for line in text.split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _names_somebody(link: LexborNode, people: Collection[str]) -> bool:
    classes = (link.attributes.get("class") or "").split()
    if "hashtag" in classes:
        return False
    return "mention" in classes or (link.attributes.get("href") or "") in people
