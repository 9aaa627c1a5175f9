"""Which hordebots this is, and how it names itself to servers."""

from __future__ import annotations

from functools import cache
from importlib import metadata

PROGRAM = "hordebots"


@cache
def version() -> str:
    """Return the version that is installed, "0" in a bare checkout."""
    try:
        return metadata.version(PROGRAM)
    except metadata.PackageNotFoundError:
        return "0"


def agent() -> str:
    """Return `hordebots/VERSION`, by which web servers know us."""
    return f"{PROGRAM}/{version()}"
