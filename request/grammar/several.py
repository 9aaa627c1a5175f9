"""Several requests in one message, a line each: the first is one, the next is told of."""

from __future__ import annotations

import re

from request.grammar.values import past
from request.grammar.words import Words

_MOST_LINES = 40
"""Lines that are looked at."""
_SAME = re.compile(r"\W*(?:it|this|that|him|her|them)\b", re.IGNORECASE)
"""How a line goes on behind its verb that says more of what is drawn already."""


_FIRST_WORD = re.compile(r"[^\W\d_]+")
_NUMBERED = re.compile(r"\A\s*(?:\d{1,2}[.)]|[-*•])\s+")


def first_of_several(text: str, words: Words) -> tuple[str, str]:
    """Return a text up to the second line that asks as its first does, and that line.

    Where the first does not ask, or no other begins (or ends) with its verb, that is the whole text
    and "": a poem stays whole.
    """
    lines = text.split("\n")[:_MOST_LINES]
    first = _asks(lines[0], words) if len(lines) > 1 else None
    if first is None:
        return text, ""
    for number, line in enumerate(lines[1:], start=1):
        other = _NUMBERED.sub("", line).strip()
        asks = _asks(other, words)
        if asks is not None and asks[0] == first[0] and not _SAME.match(asks[1]):
            return "\n".join(lines[:number]), other
    return text, ""


def _asks(line: str, words: Words) -> tuple[str, str] | None:
    """Return the first word of the verb a line begins with ("": it is elsewhere), and the rest.

    None: it asks for nothing.
    """
    if found := words.verb.match(line):
        verb = _FIRST_WORD.match(line, past(words.lead, line, 0))
        return "" if verb is None else verb[0].casefold(), line[found.end() :]
    asked = words.without_verb(line, (len(line),))
    return None if asked is None else ("", asked)
