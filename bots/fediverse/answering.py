"""What an answer says on a server of the fediverse: its text, and the warning before it. Pure."""

from __future__ import annotations

import re

from common.texts import say

_CALLS = re.compile(r"@(?=\w)")
QUIET = "@\u200b"
"""An @ that calls nobody."""


def body(acct: str, text: str, *, left_out: int = 0, footer: str = "") -> str:
    """Return a post that calls the asker and nobody else.

    `left_out` are the pictures the server did not take.
    """
    missing = say("mastodon.left_out", count=left_out) if left_out else ""
    lines = (f"@{acct} {_CALLS.sub(QUIET, text)}", missing, footer)
    return "\n".join(line for line in lines if line)


def warning(asked: str, own: str, *, room: int) -> str:
    """Return the content warning: the asker's goes on, else the operator's `own`.

    It counts as text, so only `room` characters of it are kept.
    """
    again = asked if asked.lower().startswith("re:") else f"re: {asked}"
    return (again if asked else own)[: max(0, room)]
