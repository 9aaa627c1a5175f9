"""Picture files that nobody needs and nobody has deleted: looked for once a day.

A picture to start from is kept before it is known whether it will be: of a request that is refused,
or of a process that dies in between, nothing names it afterwards.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import structlog

from request.kept.leases import Lease

log = structlog.get_logger()

DAY = 24 * 3600.0
NEW = DAY
"""Seconds since a file was kept last: younger ones may be about to be used."""
_NAME = re.compile(r"[0-9a-f]{64}")

Needed = Callable[[Sequence[str]], Awaitable[set[str]]]
"""Returns those of the picture files that somebody needs."""


class Sweeping:
    """Deletes them; a chore of the clock."""

    def __init__(
        self, folder: Path, needed: Sequence[Needed], *, now: Callable[[], float] = time.time
    ) -> None:
        self._folder = folder
        self._needed = needed
        self._now = now
        self.swept = float("-inf")

    async def __call__(self, lease: Lease) -> None:
        """Look through all that is kept, if a day has passed since the last time."""
        del lease
        now = self._now()
        if now - self.swept < DAY:
            return
        self.swept = now
        names = await asyncio.to_thread(_aged, self._folder, now)
        for needed in self._needed:
            there = await needed(names) if names else set()
            names = [name for name in names if name not in there]
        await asyncio.to_thread(_delete, self._folder, names)
        if names:
            log.info("pictures_swept", count=len(names))


def _aged(folder: Path, now: float) -> list[str]:
    if not folder.is_dir():
        return []
    pictures = [file for file in folder.iterdir() if _NAME.fullmatch(file.name)]
    return sorted(file.name for file in pictures if now - _kept_at(file) >= NEW)


def _kept_at(file: Path) -> float:
    try:
        return file.stat().st_mtime
    except FileNotFoundError:  # it is just being deleted
        return float("inf")


def _delete(folder: Path, names: Sequence[str]) -> None:
    for name in names:
        (folder / name).unlink(missing_ok=True)
