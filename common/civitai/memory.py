"""What CivitAI told, remembered with its age: in memory for reading, in one SQLite file for later.

Reading never touches the disk. The file is only a memory: one that is broken is put aside and begun
anew.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import structlog

from common.civitai.assets import Asset, AssetKind, AssetVersion

MOST = {"assets": 20_000, "searches": 2_000, "missing": 5_000}
"""Rows of each table; the oldest go first."""
_TABLE = "CREATE TABLE IF NOT EXISTS {} (key TEXT PRIMARY KEY, value TEXT NOT NULL, at REAL)"

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Known:
    """An asset, and when it was told."""

    asset: Asset
    at: float
    """Seconds since the epoch."""
    folded: str
    """Its name for comparing."""


@dataclass(frozen=True, slots=True)
class Searched:
    """What a search found, best first, and when."""

    ids: tuple[int, ...]
    at: float


class AssetMemory:
    """Assets by id, searches by their words, and names that lead nowhere."""

    def __init__(self, file: Path | None) -> None:
        """Take the file (None: nothing outlives the process)."""
        self._file = file
        self._unwritten: list[tuple[str, str, Any, float]] = []
        self._writing = threading.Lock()
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
            log.warning("memory_broken", file=str(self._file), problem=str(error))
            self.__init__(self._file)  # type: ignore[misc]  # half of it may be read
            self._put_aside()

    def learn(self, assets: Iterable[Asset], at: float) -> None:
        """Remember assets as of now."""
        for asset in assets:
            self._know(asset, at)
            self._unwritten.append(("assets", str(asset.id), asdict(asset), at))

    def learn_search(self, key: str, ids: Sequence[int], at: float) -> None:
        """Remember what a search found."""
        self.searches[key] = Searched(tuple(ids), at)
        self._unwritten.append(("searches", key, list(ids), at))

    def learn_missing(self, key: str, code: str, at: float) -> None:
        """Remember that something is not to be had."""
        self.missing[key] = (code, at)
        self._unwritten.append(("missing", key, code, at))

    def flush(self) -> None:
        """Write what was learnt. Blocks; a disk that does not take it is a line in the log."""
        if self._file is None:
            self._unwritten.clear()
            return
        with self._writing:
            rows, self._unwritten = self._unwritten, []
            try:
                self._write(rows)
            except (sqlite3.Error, OSError) as error:
                log.warning("memory_not_written", file=str(self._file), problem=str(error))

    def _know(self, asset: Asset, at: float) -> None:
        self.assets[asset.id] = Known(asset, at, fold(asset.name))
        for version in asset.versions:
            self.owners[version.id] = asset.id

    def _open(self) -> sqlite3.Connection:
        assert self._file is not None
        self._file.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self._file, timeout=5)
        for table in MOST:
            connection.execute(_TABLE.format(table))
        return connection

    def _read(self) -> None:
        connection = self._open()
        try:
            for value, at in connection.execute("SELECT value, at FROM assets ORDER BY at"):
                self._know(_asset(json.loads(value)), at)
            for key, value, at in connection.execute("SELECT key, value, at FROM searches"):
                self.searches[key] = Searched(tuple(json.loads(value)), at)
            for key, value, at in connection.execute("SELECT key, value, at FROM missing"):
                self.missing[key] = (str(json.loads(value)), at)
        finally:
            connection.close()

    def _write(self, rows: Iterable[tuple[str, str, Any, float]]) -> None:
        connection = self._open()
        try:
            with connection:
                for table, key, value, at in rows:
                    connection.execute(
                        f"INSERT OR REPLACE INTO {table} VALUES (?, ?, ?)",  # noqa: S608  (ours)
                        (key, json.dumps(value), at),
                    )
                for table, most in MOST.items():
                    connection.execute(
                        f"DELETE FROM {table} WHERE key NOT IN "  # noqa: S608
                        f"(SELECT key FROM {table} ORDER BY at DESC LIMIT ?)",
                        (most,),
                    )
        finally:
            connection.close()

    def _put_aside(self) -> None:
        if self._file is not None and self._file.exists():
            try:
                self._file.replace(self._file.with_suffix(".broken"))
            except OSError as error:
                log.warning("memory_not_put_aside", file=str(self._file), problem=str(error))


def fold(text: str) -> str:
    """Return a text as names are compared: small letters, single spaces."""
    return " ".join(text.casefold().split())


def _asset(document: dict[str, Any]) -> Asset:
    versions = tuple(
        AssetVersion(**{**version, "triggers": tuple(version["triggers"])})
        for version in document["versions"]
    )
    return Asset(**{**document, "kind": AssetKind(document["kind"]), "versions": versions})
