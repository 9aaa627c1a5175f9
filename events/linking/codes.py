"""One-time codes that a page shows and a person posts: making and reading them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable

ALPHABET = "23456789BCDFGHJKLMNPQRSTVWXYZ"
"""Without 0 and 1, which look like letters, and without vowels: a code spells no word, and no word
is taken for a code."""
LENGTH = 8
"""Characters: one in 5·10¹¹ guesses is right."""
HALF = LENGTH // 2
_CODE = re.compile(rf"[{ALPHABET}]{{{LENGTH}}}")
_HORDE_NAME = re.compile(r"[^\s#@][^#@\r\n]{0,98}#[1-9][0-9]{0,9}")
_DECORATION = re.compile(r"[\s`*_~.,;:!\"'()<>-]")


def make_code(choose: Callable[[str], str] = secrets.choice) -> str:
    """Return a new code as people read it, like `KX7P-M3QT`."""
    letters = "".join(choose(ALPHABET) for _ in range(LENGTH))
    return f"{letters[:HALF]}-{letters[HALF:]}"


def read_code(text: str) -> str | None:
    """Return the code somebody wrote, without what surrounds it; None if it is none."""
    plain = _DECORATION.sub("", text.upper())
    return plain if _CODE.fullmatch(plain) else None


def read_horde_name(text: str) -> str | None:
    """Return the public name of a Horde account somebody wrote, like `alias#123`, else None."""
    plain = text.strip().strip("`*<>\"'").strip()
    return plain if _HORDE_NAME.fullmatch(plain) else None


def number_of(horde_name: str) -> int:
    """Return the number of a Horde account, by which the Horde itself knows it."""
    return int(horde_name.rpartition("#")[2])
