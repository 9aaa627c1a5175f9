"""The current stylelist: the configured sources merged, each with its last good copy.

A source is `bundled:general`, `bundled:demo`, a folder, or the address of a folder (`https://…`,
to which the file names are appended). One that is down, not JSON or not valid keeps its last good
copy on disk; its age and faults are in `sources`. Nothing here is in the path of a request:
`refresh` runs in the background.

Beside them a community may have styles of its own: a folder that the program itself writes
(`events/afterwards/featuring.py`). It adds to the sources and overrides nothing of them.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import structlog

from common import texts
from common.errors import FetchError, StyleListError
from common.fetching.fetch import without_password
from common.fetching.kept import Files, KeptFiles
from styles.lists import stylelist
from styles.lists.fields import Fault
from styles.lists.stylelist import FILES, LARGEST_FILE, STYLES_FILE, StyleList

FETCH_TIMEOUT = 30.0
"""Seconds for each file of a source."""
BUNDLED = "bundled:"
REMOTE = ("https://", "http://")

NOTHING = StyleList()
OWN_STYLES = "event-styles"
"""Folder of the data folder with the community's own styles."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class SourceState:
    """How one source is doing."""

    source: str
    """As it may be shown: without a password."""
    stylelist: StyleList = NOTHING
    good_at: float | None = None
    """When its list was last read well, in seconds since the epoch; None: never."""
    problem: str = ""
    """Why the last reading failed; "" if it did not."""
    checked_at: float | None = None
    """When it was last asked, with or without success; None: not since the start."""

    def age(self, now: float) -> float | None:
        """Return for how many seconds nobody knows whether the list is still good."""
        return None if self.good_at is None else max(0.0, now - self.good_at)

    @property
    def faults(self) -> tuple[Fault, ...]:
        """What is wrong in the list that is used."""
        return self.stylelist.faults


class StyleLibrary:
    """The styles of the configured sources; later sources override earlier ones."""

    def __init__(
        self,
        sources: Sequence[str],
        *,
        own: Path | None = None,
        cache: Path | None = None,
        timeout: float = FETCH_TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Take the sources and the folder for last good copies (None: none are kept).

        `own` is the folder of the community's own styles; it need not be there.
        """
        self._own = None if own is None else _Source(str(own), None, timeout)
        self._added = NOTHING
        self._cache = cache
        self._timeout = timeout
        self._sources = tuple(_Source(source, cache, timeout) for source in sources)
        self._clock = clock
        self._states = tuple(SourceState(source.shown) for source in self._sources)
        self._merged = NOTHING
        self._current = NOTHING
        self._turn = asyncio.Lock()

    @classmethod
    async def open(
        cls,
        sources: Sequence[str],
        *,
        own: Path | None = None,
        cache: Path | None = None,
        timeout: float = FETCH_TIMEOUT,
        clock: Callable[[], float] = time.time,
    ) -> StyleLibrary:
        """Return a library with its sources read.

        An address of which there is a copy is not waited for: `refresh` asks it. Raises
        StyleListError if there is no style in any source, not even in a last good copy.
        """
        library = cls(sources, own=own, cache=cache, timeout=timeout, clock=clock)
        await library._start()
        await library.refresh_own()
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

    async def use(self, sources: Sequence[str]) -> None:
        """Read these sources from now on, in this order.

        Raises StyleListError if there is no style in any of them; nothing has changed then.
        """
        other = await StyleLibrary.open(
            sources, cache=self._cache, timeout=self._timeout, clock=self._clock
        )
        async with self._turn:
            self._sources, self._states = other._sources, other._states  # noqa: SLF001  (of our own)
            self._merged = other.current
            await self._join()

    async def refresh(self) -> None:
        """Read all sources again; those that fail keep what they had. Raises nothing."""
        async with self._turn:
            states = await asyncio.gather(*map(self._refreshed, self._sources, self._states))
            await self._take(states)

    async def refresh_own(self) -> None:
        """Read the community's own styles again, if they have changed. Raises nothing."""
        if self._own is None:
            return
        async with self._turn:
            try:
                files = await self._own.read()
                if files is None:
                    return
                there = STYLES_FILE in files.contents
                read = partial(stylelist.parse, files.contents, self._own.shown)
                self._added = await asyncio.to_thread(read) if there else NOTHING
            except StyleListError as error:
                log.warning("own_styles_failed", problem=str(error))
                return
            self._own.keep(files, self._clock())
            await self._join()

    async def _join(self) -> None:
        self._current = await asyncio.to_thread(self._merged.joined, self._added)

    async def _start(self) -> None:
        async def started(source: _Source, state: SourceState) -> SourceState:
            copied = await asyncio.to_thread(source.copied, state) if source.remote else state
            return copied if copied.good_at is not None else await self._refreshed(source, copied)

        await self._take(await asyncio.gather(*map(started, self._sources, self._states)))

    async def _take(self, states: Sequence[SourceState]) -> None:
        changed = [
            new.stylelist is not old.stylelist
            for new, old in zip(states, self._states, strict=True)
        ]
        self._states = tuple(states)
        if any(changed):
            self._merged = await asyncio.to_thread(_merged, states)
            await self._join()

    async def _refreshed(self, source: _Source, state: SourceState) -> SourceState:
        now = self._clock()
        try:
            files = await source.read()
            if files is None:
                await asyncio.to_thread(source.confirm, now)
                return replace(state, good_at=now, problem="", checked_at=now)
            read = await asyncio.to_thread(_parse, files.contents, source.shown)
        except StyleListError as error:
            log.warning("style_source_failed", source=source.shown, problem=str(error))
            failed = replace(state, problem=str(error), checked_at=now)
            if state.good_at is not None:
                return failed
            return await asyncio.to_thread(source.copied, failed)
        await asyncio.to_thread(source.keep, files, now)
        return SourceState(source.shown, read, good_at=now, checked_at=now)


async def read_once(sources: Sequence[str], *, timeout: float = FETCH_TIMEOUT) -> StyleList:
    """Return the lists of some sources, merged, as they are this moment.

    Raises StyleListError if one of them cannot be read; no copy stands in for it.
    """
    read = []
    for name in sources:
        source = _Source(name, None, timeout)
        read.append(await asyncio.to_thread(_parse, await source.contents(), source.shown))
    return stylelist.merge(read)


async def read_offline(
    sources: Sequence[str], *, cache: Path, own: Path | None = None
) -> StyleList:
    """Return the lists of some sources without asking the network: addresses by their copies.

    What lies in the folder `own` of the community's styles is added.

    Raises StyleListError if a list here cannot be read, or if there is no style at all.
    """
    states = []
    problems = []
    for name in sources:
        source = _Source(name, cache, 0)
        state = SourceState(source.shown)
        if source.remote:
            state = await asyncio.to_thread(source.copied, state)
            if state.good_at is None:
                problems.append(texts.say("styles.no_copy", source=source.shown))
        else:
            read = await asyncio.to_thread(_parse, await source.contents(), source.shown)
            state = replace(state, stylelist=read)
        states.append(state)
    merged = await asyncio.to_thread(_merged, states)
    if not merged.styles:
        raise StyleListError("styles.none_usable", problem=" ".join(problems))
    if own is not None and (own / STYLES_FILE).is_file():
        merged = merged.joined(await asyncio.to_thread(stylelist.load_folder, own))
    return merged


class _Source:
    """One place a list is read from, with its last good copy."""

    def __init__(self, source: str, cache: Path | None, timeout: float) -> None:
        self.remote = source.casefold().startswith(REMOTE)
        self.shown = without_password(source) if self.remote else source
        self._source = source
        self._timeout = timeout
        kept_in = None if source.startswith(BUNDLED) else cache
        self._files = KeptFiles(source, FILES, kept_in, limit_bytes=LARGEST_FILE)

    async def read(self) -> Files | None:
        """Return the files, or None if they are those read last. Raises StyleListError."""
        if not self.remote:
            files = Files.of(await asyncio.to_thread(self._read_here))
            return None if self._files.unchanged(files) else files
        try:
            return await self._files.fetch(timeout=self._timeout)
        except FetchError as error:
            raise StyleListError("styles.unreachable", source=self.shown, problem=error) from error

    async def contents(self) -> Mapping[str, bytes]:
        """Return the files of a source that has not been read before. Raises StyleListError."""
        files = await self.read()
        return {} if files is None else files.contents

    def copied(self, state: SourceState) -> SourceState:
        """Return the state with the list of the last good copy, if there is one."""
        kept = self._files.copy()
        if kept is None:
            return state
        try:
            return replace(state, stylelist=_parse(kept[0], self.shown), good_at=kept[1])
        except StyleListError:
            self._files.forget()
            return state

    def keep(self, files: Files, now: float) -> None:
        """Make these files the last good copy."""
        self._files.keep(files, now)

    def confirm(self, now: float) -> None:
        """Note that the last good copy is still good."""
        self._files.confirm(now)

    def _read_here(self) -> dict[str, bytes]:
        if self._source.startswith(BUNDLED):
            return stylelist.read_bundled(self._source.removeprefix(BUNDLED))
        try:
            folder = Path(self._source).expanduser()
        except RuntimeError as error:  # `~somebody` who is not there
            raise StyleListError("styles.unreadable", source=self._source, problem=error) from error
        return stylelist.read_folder(folder)


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
