"""What an answer says on a server of the fediverse: its text, and the warning before it. Pure."""

from __future__ import annotations

import re

from bots.shared.markup import unmarked
from common.texts import say

_CALLS = re.compile(r"@(?=\w)")
_NAMES = re.compile(r"(?<![\w/])@(?=\w)")
QUIET = "@\u200b"
"""An @ that calls nobody."""


def body(acct: str, text: str, *, most: int, left_out: int = 0, footer: str = "") -> str:
    """Return a post of at most `most` characters that calls the asker and nobody else.

    `left_out` are the pictures the server did not take.
    """
    words = f"@{acct} {_CALLS.sub(QUIET, unmarked(text))}"
    missing = say("mastodon.left_out", count=left_out) if left_out else ""
    ending = "".join(f"\n{line}" for line in (missing, footer) if line)
    if len(words) + len(ending) > most:  # so many names that silencing them took the room
        words = words[: most - len(ending) - 1] + "…"
    return words + ending


def quiet(text: str, *, most: int) -> str:
    """Return a post of at most `most` characters that calls nobody; addresses stay whole."""
    text = unmarked(text)
    words = _NAMES.sub(QUIET, text)
    return words if len(words) <= most else _NAMES.sub("", text)[:most]


def warning(asked: str, own: str, *, room: int) -> str:
    """Return the content warning: the asker's goes on, else the operator's `own`.

    It counts as text, so only `room` characters of it are kept.
    """
    again = asked if asked.lower().startswith("re:") else f"re: {asked}"
    return (again if asked else own)[: max(0, room)]
