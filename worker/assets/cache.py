"""The files of LoRAs and textual inversions on the disk, those used last staying the longest."""

from __future__ import annotations

import os
import shutil
from collections import deque
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

SPARE = 1024**3
"""Bytes that stay free on the disk whatever the limit."""
KEPT_ORDERS = 4
"""Orders whose files are not touched: the one in the making, and those that wait."""
ENDING = ".safetensors"


class AssetCache:
    """A folder with a limit in bytes. Blocking, but for a moment only."""

    def __init__(self, folder: Path, limit: int) -> None:
        """Take the folder, which need not be there yet."""
        self.folder = folder
        self.limit = limit
        self._in_use: deque[frozenset[Path]] = deque(maxlen=KEPT_ORDERS)

    def path(self, number: int) -> Path:
        """Return where the file of a version is, or would be."""
        return self.folder / f"{number}{ENDING}"

    def has(self, number: int) -> bool:
        """Tell whether a file is there, and count that as a use of it."""
        try:
            os.utime(self.path(number))
        except OSError:
            return False
        return True

    def keep(self, files: Iterable[Path]) -> None:
        """Do not forget the files of an order before a few more orders have come."""
        self._in_use.append(frozenset(files))

    def make_room(self, size: int, keep: Iterable[Path] = ()) -> bool:
        """Forget what was not used for the longest time until a file fits; tell whether it does."""
        self.folder.mkdir(parents=True, exist_ok=True)
        kept = frozenset(keep).union(*self._in_use)
        files = sorted(self._files(), key=lambda found: found[1])
        used = sum(length for _, _, length in files)
        for file, _, length in files:
            if self._fits(used, size):
                break
            if file not in kept:
                with suppress(OSError):  # open elsewhere, as Windows has it
                    file.unlink()
                    used -= length
        return self._fits(used, size)

    def _fits(self, used: int, size: int) -> bool:
        free = shutil.disk_usage(self.folder).free
        return used + size <= self.limit and free - size >= SPARE

    def _files(self) -> Iterable[tuple[Path, float, int]]:
        """Yield each file with the time it was used last and its size; parts of files as well."""
        for file in self.folder.iterdir():
            if file.name.endswith((ENDING, ".part")):
                with suppress(OSError):
                    facts = file.stat()
                    yield file, facts.st_mtime, facts.st_size
