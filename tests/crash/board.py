"""A few numbers that the harness and one running program share, in a file both have mapped.

The program counts its commits there and reads which of them is to be its last; the harness may
set its clock wrong.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_LAYOUT = struct.Struct("=qqqd")
COMMITS, FATAL, AFTER, AHEAD = range(4)


class Board:
    def __init__(self, path: Path) -> None:
        if not path.exists():
            path.write_bytes(bytes(_LAYOUT.size))
        with path.open("r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _LAYOUT.size)

    def _get(self, field: int) -> float:
        return _LAYOUT.unpack_from(self._memory)[field]

    def _set(self, field: int, value: float) -> None:
        struct.pack_into("=d" if field == AHEAD else "=q", self._memory, 8 * field, value)

    # --- the harness's side -----------------------------------------------------------------

    def arm(self, number: int, *, after: bool) -> None:
        """Let the program end at its so-manieth commit from now, before or after it."""
        self._set(AFTER, int(after))
        self._set(FATAL, int(self.commits) + number)

    def disarm(self) -> None:
        self._set(FATAL, 0)

    @property
    def commits(self) -> int:
        return int(self._get(COMMITS))

    def set_clock(self, seconds_ahead: float) -> None:
        self._set(AHEAD, seconds_ahead)

    # --- the program's side -----------------------------------------------------------------

    def ahead(self) -> float:
        return self._get(AHEAD)

    def begin_commit(self) -> bool:
        """Count a commit; tell whether the program ends before it."""
        self._set(COMMITS, self.commits + 1)
        return self._is_last(after=False)

    def end_commit(self) -> bool:
        """Tell whether the program ends after this commit."""
        return self._is_last(after=True)

    def _is_last(self, *, after: bool) -> bool:
        return 0 < self._get(FATAL) <= self.commits and bool(self._get(AFTER)) is after
