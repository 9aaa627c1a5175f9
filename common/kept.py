"""Files from elsewhere with their last good copies on disk.

Whoever fetches says afterwards whether what came is any good; only then does it become the copy.
The marks by which a server knows its files (ETag) are kept beside them, so that even after a
restart only what has changed is sent again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

import structlog

from common.errors import FetchError
from common.fetch import Fetched, fetch

log = structlog.get_logger()

MARKS = "marks.json"


class KeptFiles:
    """The files of one address, or of one folder: fetched, and kept once they are good."""

    def __init__(
        self, address: str, names: Sequence[str], cache: Path | None, *, limit_bytes: int
    ) -> None:
        """Take what is fetched from where, and the folder for copies (None: none are kept).

        The first of the names must be there; the others may be missing.
        """
        self._address = address
        self._names = tuple(names)
        self._limit = limit_bytes
        digest = hashlib.sha256(address.encode("utf-8", "surrogatepass")).hexdigest()
        self._folder = None if cache is None else cache / digest[:16]
        self._came: dict[str, Fetched] = {}
        """What came last, until it is kept."""

    def copy(self) -> tuple[dict[str, bytes], float] | None:
        """Return the last good copy and when it was made, or None if there is none."""
        if self._folder is None:
            return None
        contents: dict[str, bytes] = {}
        try:
            for name in self._names:
                path = self._folder / name
                if path.is_file() and path.stat().st_size <= self._limit:
                    contents[name] = path.read_bytes()
            made = (self._folder / self._names[0]).stat().st_mtime
        except OSError:
            return None
        return (contents, made) if self._names[0] in contents else None

    async def fetch(self, *, timeout: float) -> dict[str, bytes] | None:
        """Return the files by name, or None if none has changed since the last good copy.

        Raises FetchError.
        """
        marks = self._marks()
        known = self.copy() if marks else None
        came: dict[str, Fetched] = {}
        for name in self._names:
            mark = marks.get(name) if known and name in known[0] else None
            address = f"{self._address.rstrip('/')}/{name}" if len(self._names) > 1 else ""
            try:
                came[name] = await fetch(
                    address or self._address, limit_bytes=self._limit, timeout=timeout, known=mark
                )
            except FetchError as error:
                if name == self._names[0] or error.values.get("status") != 404:
                    raise
        missing = known is not None and set(known[0]) != set(came)
        if known is not None and not missing and all(f.content is None for f in came.values()):
            return None
        self._came = came
        return {
            name: file.content if file.content is not None else (known or ({}, 0))[0][name]
            for name, file in came.items()
        }

    def keep(self, contents: Mapping[str, bytes]) -> None:
        """Make these files the last good copy; the first one is written last.

        A disk that does not take them is a line in the log: the copy is only a precaution.
        """
        if self._folder is None:
            return
        marks = {
            name: [file.etag, file.modified]
            for name, file in self._came.items()
            if file.etag or file.modified
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / MARKS).unlink(missing_ok=True)  # they are true of whole copies only
            for name in reversed(self._names):
                if name in contents:
                    self._write(name, contents[name])
                else:
                    (self._folder / name).unlink(missing_ok=True)
            self._write(MARKS, json.dumps(marks).encode())
        except OSError as error:
            log.warning("copy_not_kept", folder=str(self._folder), problem=str(error))

    def forget(self) -> None:
        """Take the copy for worthless: next time everything is sent again."""
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / MARKS).unlink(missing_ok=True)

    def _write(self, name: str, content: bytes) -> None:
        assert self._folder is not None
        fresh = self._folder / f".{name}.new"
        fresh.write_bytes(content)
        fresh.replace(self._folder / name)

    def _marks(self) -> dict[str, Fetched]:
        if self._folder is None:
            return {}
        try:
            marks = json.loads((self._folder / MARKS).read_bytes())
            return {name: Fetched(None, *marks[name]) for name in self._names if name in marks}
        except (OSError, ValueError, TypeError):
            return {}
