"""The current stylelist: the configured sources merged, each with its last good copy.

A source is `bundled:general`, `bundled:demo`, a folder, or the address of a folder (`https://…`,
to which the file names are appended). One that is down, not JSON or not valid keeps its last good
copy on disk; its age and faults are in `sources`. Nothing here is in the path of a request:
`refresh` runs in the background.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import structlog

from common.errors import StyleListError
from styles import stylelist
from styles.stylelist import FILES, LARGEST_FILE, STYLES_FILE, StyleList

FETCH_TIMEOUT = 30.0
"""Seconds for all files of one source."""

NOTHING = StyleList()

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SourceState:
    """How one source is doing."""

    source: str
    stylelist: StyleList = NOTHING
    good_at: float | None = None
    """When its list was last read well, in seconds since the epoch; None: never."""
    problem: str = ""
    """Why the last reading failed; "" if it did not."""


class StyleLibrary:
    """The styles of the configured sources; later sources override earlier ones."""

    def __init__(
        self,
        sources: Sequence[str],
        *,
        cache: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the sources and the folder for last good copies (None: none are kept)."""
        self._cache = cache
        self._clock = clock
        self._states = tuple(SourceState(source) for source in sources)
        self._current = NOTHING

    @classmethod
    async def open(
        cls,
        sources: Sequence[str],
        *,
        cache: Path | None = None,
        clock: Callable[[], float] = time.time,
    ) -> StyleLibrary:
        """Return a library with its sources read.

        Raises StyleListError if there is no style in any of them, not even in a last good copy.
        """
        library = cls(sources, cache=cache, clock=clock)
        await library.refresh()
        if not library.current.styles:
            problems = " ".join(state.problem for state in library.sources if state.problem)
            raise StyleListError("styles.none_usable", problem=problems)
        return library

    @property
    def current(self) -> StyleList:
        """The merged list, as of the last refresh."""
        return self._current

    @property
    def sources(self) -> tuple[SourceState, ...]:
        """The sources in order, with their age and their problems."""
        return self._states

    async def refresh(self) -> None:
        """Read all sources again; those that fail keep what they had. Raises nothing."""
        states = await asyncio.gather(*(self._refreshed(state) for state in self._states))
        changed = [
            new.stylelist is not old.stylelist
            for new, old in zip(states, self._states, strict=True)
        ]
        self._states = tuple(states)
        if any(changed):
            self._current = await asyncio.to_thread(_merged, states)

    async def _refreshed(self, state: SourceState) -> SourceState:
        try:
            contents = await _read(state.source)
            read = await asyncio.to_thread(_parse, contents, state.source)
        except StyleListError as error:
            log.warning("style_source_failed", source=state.source, problem=str(error))
            if state.good_at is not None:
                return replace(state, problem=str(error))
            return await asyncio.to_thread(self._last_good, replace(state, problem=str(error)))
        await asyncio.to_thread(self._keep, state.source, contents)
        return SourceState(state.source, read, self._clock())

    def _folder(self, source: str) -> Path | None:
        if self._cache is None or source.startswith("bundled:"):
            return None
        return self._cache / hashlib.sha256(source.encode()).hexdigest()[:16]

    def _last_good(self, state: SourceState) -> SourceState:
        folder = self._folder(state.source)
        if folder is None or not folder.is_dir():
            return state
        try:
            read = _parse(stylelist.read_folder(folder), state.source)
            good_at = (folder / STYLES_FILE).stat().st_mtime
        except (StyleListError, OSError):
            return state
        return replace(state, stylelist=read, good_at=good_at)

    def _keep(self, source: str, contents: Mapping[str, bytes]) -> None:
        """Write the copy, the styles last: a copy without them does not count."""
        folder = self._folder(source)
        if folder is None:
            return
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for file in reversed(FILES):
                if file in contents:
                    fresh = folder / f".{file}.new"
                    fresh.write_bytes(contents[file])
                    os.replace(fresh, folder / file)  # noqa: PTH105  (one syscall, on purpose)
                else:
                    (folder / file).unlink(missing_ok=True)
        except OSError as error:
            log.warning("style_copy_failed", source=source, problem=str(error))


def _merged(states: Sequence[SourceState]) -> StyleList:
    """Merge the lists and build the index of their names, so that no request has to wait for it."""
    merged = stylelist.merge(state.stylelist for state in states)
    merged.names  # noqa: B018  (built on first use, kept from then on)
    return merged


def _parse(contents: Mapping[str, bytes], source: str) -> StyleList:
    """Read a list; one without a single usable style is as bad as none."""
    read = stylelist.parse(contents, source)
    if not read.styles:
        raise StyleListError("styles.empty", source=source)
    return read


async def _read(source: str) -> dict[str, bytes]:
    """Return the files of a source. Raises StyleListError if it cannot be had."""
    if source.startswith("bundled:"):
        return await asyncio.to_thread(stylelist.read_bundled, source.removeprefix("bundled:"))
    if source.startswith(("https://", "http://")):
        return await _fetch(source)
    return await asyncio.to_thread(_read_folder, source)


def _read_folder(source: str) -> dict[str, bytes]:
    try:
        folder = Path(source).expanduser()
    except RuntimeError as error:  # `~somebody` who is not there
        raise StyleListError("styles.unreadable", source=source, problem=error) from error
    return stylelist.read_folder(folder)


async def _fetch(address: str) -> dict[str, bytes]:
    import aiohttp  # noqa: PLC0415  (only lists from the network need it)

    timeout = aiohttp.ClientTimeout(total=FETCH_TIMEOUT)
    contents: dict[str, bytes] = {}
    try:
        async with aiohttp.ClientSession(timeout=timeout) as session:
            for file in FILES:
                async with session.get(f"{address.rstrip('/')}/{file}") as answer:
                    if answer.status == 404 and file != STYLES_FILE:
                        continue
                    answer.raise_for_status()
                    contents[file] = await _bounded(answer.content.iter_chunked(65536))
    except (aiohttp.ClientError, TimeoutError, ValueError, OSError) as error:
        problem = str(error) or type(error).__name__
        raise StyleListError("styles.unreachable", source=address, problem=problem) from error
    return contents


async def _bounded(chunks: AsyncIterator[bytes]) -> bytes:
    """Read until one byte more than a file may have; `stylelist.parse` refuses such a file."""
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > LARGEST_FILE:
            break
    return bytes(content)
