"""Files from elsewhere with their last good copies on disk.

Whoever fetches says afterwards whether what came is any good; only then does it become the copy.
The marks by which a server knows its files (ETag) are kept beside them, so that even after a
restart only what has changed is sent again.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import structlog

from common.errors import FetchError
from common.fetching.fetch import Fetched, fetch

log = structlog.get_logger()

MARKS = "marks.json"


@dataclass(frozen=True, slots=True)
class Mark:
    """By what a file is known again: by its bytes, and by what its server calls this version."""

    sha256: str
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Files:
    """Files that belong together, by name."""

    contents: Mapping[str, bytes]
    marks: Mapping[str, Mark]

    @classmethod
    def of(cls, contents: Mapping[str, bytes]) -> Files:
        """Return files that no server has marked."""
        return cls(contents, {name: Mark(_sha256(data)) for name, data in contents.items()})


class KeptFiles:
    """The files of one address, or of one folder: fetched, and kept once they are good.

    What is asked for is what has changed since the files its owner holds (those of `copy` or
    `keep`), not since those on the disk: another process may have put newer ones there.
    """

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
        self._held: Mapping[str, Mark] = {}

    def copy(self) -> tuple[dict[str, bytes], float] | None:
        """Return the last good copy and when it was known to be good; None if there is none."""
        if self._folder is None:
            return None
        try:
            read = {name: self._read(name) for name in self._names}
            good_at = (self._folder / self._names[0]).stat().st_mtime
        except OSError:
            return None
        contents = {name: data for name, data in read.items() if data is not None}
        if self._names[0] not in contents:
            return None
        marks = self._marks()
        self._held = {
            name: marks[name]
            for name, data in contents.items()
            if name in marks and marks[name].sha256 == _sha256(data)
        }
        return contents, good_at

    async def fetch(self, *, timeout: float) -> Files | None:
        """Return the files, or None if they are those held. All are asked for at once.

        Raises FetchError.
        """
        asked = (self._ask(name, self._held.get(name), timeout) for name in self._names)
        came = dict(zip(self._names, await _together(asked), strict=True))
        contents: dict[str, bytes] = {}
        marks: dict[str, Mark] = {}
        for name, file in came.items():
            if file is None:
                continue
            if file.content is not None:
                contents[name] = file.content
            digest = self._held[name].sha256 if file.content is None else _sha256(file.content)
            marks[name] = Mark(digest, file.etag, file.modified)
        if self.unchanged(Files(contents, marks)):
            self._held = marks
            return None
        for name in marks.keys() - contents.keys():
            contents[name], marks[name] = await self._again(name, marks[name], timeout)
        return Files(contents, marks)

    def unchanged(self, files: Files) -> bool:
        """Tell whether these are the files held."""
        held, came = self._held, files.marks
        same = held.keys() == came.keys()
        return bool(held) and same and all(held[name].sha256 == came[name].sha256 for name in held)

    def keep(self, files: Files, good_at: float) -> None:
        """Make these files the last good copy; the first one is written last.

        A disk that does not take them is a line in the log: the copy is only a precaution.
        """
        self._held = files.marks
        if self._folder is None:
            return
        marks = {
            name: [mark.sha256, mark.etag, mark.modified] for name, mark in files.marks.items()
        }
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            (self._folder / MARKS).unlink(missing_ok=True)  # they are true of whole copies only
            for name in reversed(self._names):
                if name in files.contents:
                    self._write(name, files.contents[name])
                else:
                    (self._folder / name).unlink(missing_ok=True)
            self._write(MARKS, json.dumps(marks).encode())
        except OSError as error:
            log.warning("copy_not_kept", folder=str(self._folder), problem=str(error))
        else:
            self.confirm(good_at)

    def confirm(self, good_at: float) -> None:
        """Note that the copy is still what is published."""
        if self._folder is not None:
            with suppress(OSError):
                os.utime(self._folder / self._names[0], (good_at, good_at))

    def forget(self) -> None:
        """Take the copy for worthless: next time everything is sent again."""
        self._held = {}
        if self._folder is not None:
            with suppress(OSError):
                (self._folder / MARKS).unlink(missing_ok=True)

    async def _again(self, name: str, mark: Mark, timeout: float) -> tuple[bytes, Mark]:
        """Return a file that has not changed while others have: from the copy, or sent again."""
        with suppress(OSError):
            kept = await asyncio.to_thread(self._read, name)
            if kept is not None and _sha256(kept) == mark.sha256:
                return kept, mark
        file = await self._ask(name, None, timeout) or Fetched(b"")
        data = file.content or b""
        return data, Mark(_sha256(data), file.etag, file.modified)

    async def _ask(self, name: str, mark: Mark | None, timeout: float) -> Fetched | None:
        """Fetch one file; None for one that is not there and need not be."""
        known = None if mark is None else Fetched(None, mark.etag, mark.modified)
        if known is not None and not known.etag and not known.modified:
            known = None  # without a condition “not changed” would be no answer
        try:
            return await fetch(
                self._address_of(name),
                limit_bytes=self._limit,
                timeout=timeout,
                known=known,
                public_only=False,
            )
        except FetchError as error:
            if name != self._names[0] and error.values.get("status") == 404:
                return None
            raise

    def _address_of(self, name: str) -> str:
        if len(self._names) == 1:
            return self._address
        try:
            parts = urlsplit(self._address)
        except ValueError as error:
            raise FetchError("fetch.unreachable", address="?", problem=error) from error
        path = f"{parts.path.rstrip('/')}/{name}"
        return urlunsplit((parts.scheme, parts.netloc, path, parts.query, ""))

    def _read(self, name: str) -> bytes | None:
        """Return a file of the copy; None if it is not there or too large. Raises OSError."""
        if self._folder is None:
            return None
        try:
            with (self._folder / name).open("rb") as stream:
                data = stream.read(self._limit + 1)
        except FileNotFoundError:
            return None
        return data if len(data) <= self._limit else None

    def _write(self, name: str, content: bytes) -> None:
        assert self._folder is not None
        fresh = self._folder / f".{name}.{os.getpid()}"
        fresh.write_bytes(content)
        fresh.replace(self._folder / name)

    def _marks(self) -> dict[str, Mark]:
        assert self._folder is not None
        try:
            marks = json.loads((self._folder / MARKS).read_bytes())
            read = {name: Mark(*marks[name]) for name in self._names if name in marks}
        except (OSError, ValueError, TypeError, RecursionError):  # or of another version
            return {}
        return {name: mark for name, mark in read.items() if _whole(mark)}


async def _together(asked: Iterable[Coroutine[Any, Any, Fetched | None]]) -> list[Fetched | None]:
    """Wait for all answers; then raise the first error among them, if there is one."""
    answers: list[Fetched | None] = []
    for answer in await asyncio.gather(*asked, return_exceptions=True):
        if isinstance(answer, BaseException):
            raise answer
        answers.append(answer)
    return answers


def _whole(mark: Mark) -> bool:
    texts = (mark.sha256, mark.etag or "", mark.modified or "")
    return all(isinstance(text, str) for text in texts)


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
