"""What was asked over REST and said over the gateway, in order."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    """One REST request with its answer, or (`route` gateway) one frame from the client."""

    route: str
    method: str
    path: str
    """With the query."""
    body: Any
    """Decoded JSON (of a multipart upload its `payload_json`), or None."""
    status: int
    time: float
    answer: Any = None
    files: dict[str, bytes] = field(default_factory=dict)
    """Uploaded, by field name."""


class Journal:
    def __init__(self, file: Path | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._file = file
        self._watchers: list[Callable[[Exchange], None]] = []

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if self._file is not None:
            line = {**asdict(exchange), "files": {k: len(v) for k, v in exchange.files.items()}}
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
        for watcher in list(self._watchers):
            watcher(exchange)

    def on_exchange(self, watcher: Callable[[Exchange], None]) -> None:
        self._watchers.append(watcher)

    def of(self, route: str, contains: str = "") -> list[Exchange]:
        return [e for e in self.exchanges if e.route == route and contains in e.path]

    def count(self, route: str, contains: str = "") -> int:
        return len(self.of(route, contains))
