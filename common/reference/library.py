"""The model reference of the moment: what the Horde publishes, over what comes with the package."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from pathlib import Path

import structlog

from common import texts
from common.errors import FetchError
from common.fetching.fetch import without_password
from common.fetching.kept import KeptFiles
from common.reference.models import LARGEST_FILE, ModelReference

FETCH_TIMEOUT = 30.0
FILE = "reference.json"
FEWEST = 1
"""Models a reference must have to be taken for one."""

log = structlog.get_logger()


class ReferenceLibrary:
    """The model reference, refreshed in the background, with its last good copy on disk."""

    def __init__(
        self,
        url: str | None,
        *,
        cache: Path | None = None,
        timeout: float = FETCH_TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the address (None: only the bundled facts) and the folder for the copy."""
        self._file = KeptFiles(url, (FILE,), cache, limit_bytes=LARGEST_FILE) if url else None
        self._shown = without_password(url or "")
        self._timeout = timeout
        self._clock = clock
        self.current = ModelReference.bundled()
        self.good_at: float | None = None
        """When it was last read well, in seconds since the epoch; None: only the bundled facts."""
        self.problem = ""
        """Why the last reading failed; "" if it did not."""

    @classmethod
    async def open(
        cls,
        url: str | None,
        *,
        cache: Path | None = None,
        timeout: float = FETCH_TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> ReferenceLibrary:
        """Return what was known last, without asking the network: `refresh` does."""
        library = cls(url, cache=cache, timeout=timeout, clock=clock)
        await asyncio.to_thread(library._read_copy)
        return library

    async def refresh(self) -> None:
        """Ask for the reference again; one that cannot be read changes nothing. Raises nothing."""
        if self._file is None:
            return
        now = self._clock()
        try:
            files = await self._file.fetch(timeout=self._timeout)
        except FetchError as error:
            self._failed(str(error))
            return
        if files is None:
            await asyncio.to_thread(self._file.confirm, now)
        else:
            reference = await asyncio.to_thread(_read, files.contents[FILE])
            if reference is None:
                self._failed(texts.say("reference.no_models", address=self._shown))
                return
            self.current = reference
            await asyncio.to_thread(self._file.keep, files, now)
        self.good_at, self.problem = now, ""

    def _read_copy(self) -> None:
        kept = None if self._file is None else self._file.copy()
        if self._file is None or kept is None:
            return
        reference = _read(kept[0][FILE])
        if reference is None:
            self._file.forget()
            return
        self.current, self.good_at = reference, kept[1]

    def _failed(self, problem: str) -> None:
        self.problem = problem
        log.warning("reference_failed", problem=problem)


def _read(content: bytes) -> ModelReference | None:
    """Return the bundled facts with those of a file over them; None if it is no reference."""
    try:
        entries = json.loads(content.decode("utf-8-sig"))
    except (ValueError, RecursionError):
        return None
    if not isinstance(entries, dict):
        return None
    bundled = ModelReference.bundled()
    if len(ModelReference.from_mapping(entries).models) < FEWEST:
        return None
    return ModelReference.from_mapping(entries, over=bundled)
