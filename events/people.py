"""Who is one person: several accounts of his count as one, as far as he has linked them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol


class Identities(Protocol):
    """Tells whose marks (`request/marks.py`) belong together."""

    async def people(self, marks: Iterable[str]) -> Mapping[str, str]:
        """Return for each mark the one that stands for the person: the same for all of his."""
        ...


class Strangers:
    """Nobody has linked anything: every account is a person."""

    async def people(self, marks: Iterable[str]) -> Mapping[str, str]:
        """Return each mark for itself."""
        return {mark: mark for mark in marks}
