"""The pictures that forms are about: Discord shows them once, so they are kept in memory."""

from __future__ import annotations

from collections import OrderedDict

MOST_OPEN = 1000
"""Forms whose picture is remembered."""


class Remixes:
    """The pictures of forms that people have open."""

    def __init__(self) -> None:
        self._open: OrderedDict[str, tuple[str, ...]] = OrderedDict()

    def open(self, key: str, pictures: tuple[str, ...]) -> None:
        """Remember what a form is about."""
        self._open[key] = pictures
        if len(self._open) > MOST_OPEN:
            self._open.popitem(last=False)

    def of(self, key: str) -> tuple[str, ...] | None:
        """Return what a form is about; None after a restart."""
        return self._open.get(key)
