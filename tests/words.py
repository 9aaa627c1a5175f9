"""The words of a text, for tests that a name is not in it."""

from __future__ import annotations

import re


def words(text: object) -> set[str]:
    """Return the words of a text (or of a row) in lower case.

    An id or a token made at random is one word whole: looked for in the bare text, three
    letters of a name turn up in one by chance, once in a few thousand runs.
    """
    return set(re.findall(r"[^\W_]+", str(text).casefold()))
