"""What CivitAI told, remembered with its age: in memory for reading, in one SQLite file for later.

Reading never touches the disk. The file is only a memory: one that is broken is put aside and begun
anew, and what is oldest is forgotten in both.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.wire import LONGEST_NAME, seen

MOST = {"assets": 20_000, "searches": 2_000, "missing": 5_000}
"""Entries of each kind, in memory and in the file; the oldest go first."""
MOST_CHARACTERS = 64 * 1024 * 1024
"""Of all assets together, about: many have a hundred versions."""
_TABLE = "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL)"
_PASSING = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_READONLY,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_FULL,
    }
)
"""Why a whole file may not be readable just now."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """An asset, and when it was told."""

    asset: Asset
    at: float
    """Seconds since the epoch."""
    folded: str
    """Its name for comparing."""
    weight: int
    """Characters it takes, about."""

    @property
    def numbers(self) -> Iterator[int]:
        """Its own id, then those of its versions."""
        yield self.asset.id
        for version in self.asset.versions:
            yield version.id


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, best first, and when."""

    ids: tuple[int, ...]
    at: float


class AssetMemory:
    """Assets by id, searches by their words, and names that lead nowhere; the oldest first."""

    def __init__(self, file: Path | None) -> None:
        """Take the file (None: nothing outlives the process)."""
        self._file = file
        self._unwritten: deque[tuple[str, str, Any, float]] = deque()
        self._writing = threading.Lock()
        self._weight = 0
        self.assets: dict[int, Known] = {}
        self.owners: dict[int, int] = {}
        """Version id → model id."""
        self.searches: dict[str, Searched] = {}
        self.missing: dict[str, tuple[str, float]] = {}
        """What is not to be had: the code of the sentence that says why, and when it was told."""

    def load(self) -> None:
        """Read the file. Blocks; raises nothing: what cannot be read is begun anew."""
        if self._file is None:
            return
        try:
            self._read()
        except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
            if _may_pass(error):
                log.warning("memory_not_read", file=str(self._file), problem=str(error))
            else:
                log.warning("memory_broken", file=str(self._file), problem=str(error))
                self._put_aside()

    def learn(self, assets: Iterable[Asset], at: float) -> None:
        """Remember assets as of now."""
        for asset in assets:
            self._know(asset, at)
            self._note("assets", asset.id, asset, at)
        self._trim()

    def learn_search(self, key: str, ids: Sequence[int], at: float) -> None:
        """Remember what a search found."""
        self.searches.pop(key, None)
        self.searches[key] = Searched(tuple(ids), at)
        self._note("searches", key, list(ids), at)
        self._trim()

    def learn_missing(self, key: str, code: str, at: float) -> None:
        """Remember that something is not to be had."""
        self.missing.pop(key, None)
        self.missing[key] = (code, at)
        self._note("missing", key, code, at)
        self._trim()

    def forget(self, asset_id: int) -> None:
        """Forget an asset, for it is no more."""
        known = self.assets.pop(asset_id, None)
        if known is None:
            return
        self._weight -= known.weight
        for version in known.asset.versions:
            self.owners.pop(version.id, None)
        self._note("assets", asset_id, None)

    def flush(self) -> None:
        """Write what was learnt. Blocks; a disk that does not take it is a line in the log."""
        with self._writing:
            rows = []
            while self._unwritten:  # others may be learning meanwhile
                rows.append(self._unwritten.popleft())
            try:
                self._write(rows)
            except (sqlite3.Error, OSError) as error:
                log.warning("memory_not_written", file=str(self._file), problem=str(error))

    def _note(self, table: str, key: object, value: Any, at: float = 0) -> None:
        """Have a row written, or removed if the value is None."""
        if self._file is not None:
            self._unwritten.append((table, str(key), value, at))

    def _know(self, asset: Asset, at: float) -> None:
        before = self.assets.pop(asset.id, None)
        if before is not None:
            self._weight -= before.weight
            for version in before.asset.versions:
                self.owners.pop(version.id, None)
        known = Known(asset, at, fold(asset.name), _weight(asset))
        self._weight += known.weight
        self.assets[asset.id] = known
        for version in asset.versions:
            self.owners[version.id] = asset.id

    def _trim(self) -> None:
        while len(self.assets) > MOST["assets"] or (
            self._weight > MOST_CHARACTERS and len(self.assets) > 1
        ):
            self.forget(next(iter(self.assets)))
        kept: Mapping[str, dict[str, Any]] = {"searches": self.searches, "missing": self.missing}
        for table, entries in kept.items():
            while len(entries) > MOST[table]:
                key = next(iter(entries))
                del entries[key]
                self._note(table, key, None)

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        assert self._file is not None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(self._file, timeout=5)) as connection:
            for table in MOST:
                connection.execute(_TABLE.format(table))
            yield connection

    def _read(self) -> None:
        with self._open() as connection:
            rows = {
                table: connection.execute(
                    f"SELECT key, value, at FROM {table} ORDER BY at, key"  # noqa: S608  (ours)
                ).fetchall()
                for table in MOST
            }
        assets = [(_asset(json.loads(value)), float(at)) for _, value, at in rows["assets"]]
        searches = {
            key: Searched(tuple(json.loads(value)), float(at))
            for key, value, at in rows["searches"]
        }
        self.missing = {
            key: (str(json.loads(value)), float(at)) for key, value, at in rows["missing"]
        }
        self.searches = searches
        for asset, at in assets:
            self._know(asset, at)
        self._trim()

    def _write(self, rows: Iterable[tuple[str, str, Any, float]]) -> None:
        if not rows:
            return
        with self._open() as connection, connection:
            for table, key, value, at in rows:
                if value is None:
                    connection.execute(f"DELETE FROM {table} WHERE key = ?", (key,))  # noqa: S608
                    continue
                text = json.dumps(asdict(value) if isinstance(value, Asset) else value)
                connection.execute(
                    f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",  # noqa: S608
                    (key, text, at),
                )

    def _put_aside(self) -> None:
        if self._file is not None and self._file.exists():
            try:
                self._file.replace(self._file.with_suffix(".broken"))
            except OSError as error:
                log.warning("memory_not_put_aside", file=str(self._file), problem=str(error))


def fold(text: str) -> str:
    """Return a text as names are compared: small letters, single spaces, bounded."""
    return seen(text.casefold())[:LONGEST_NAME]


def _weight(asset: Asset) -> int:
    names = (len(v.name) + len(v.base_model) + sum(map(len, v.triggers)) for v in asset.versions)
    return 200 + len(asset.name) + len(asset.creator) + sum(200 + length for length in names)


def _may_pass(error: Exception) -> bool:
    if isinstance(error, sqlite3.Error):
        return getattr(error, "sqlite_errorcode", 0) & 0xFF in _PASSING
    return isinstance(error, OSError)


def _asset(document: dict[str, Any]) -> Asset:
    versions = tuple(
        AssetVersion(**{**version, "triggers": tuple(version["triggers"])})
        for version in document["versions"]
    )
    return Asset(**{**document, "kind": AssetKind(document["kind"]), "versions": versions})
