"""What was asked and answered, in order; on request also as a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Exchange:
    route: str
    """submit, check, status, cancel, picture, webhook; alchemy, text, each also with _status and
    _cancel; models, workers, worker, worker_name, performance, modes, news, heartbeat; styles,
    style, style_name, collections, collection_id, collection; find_user, user, transfer,
    shared_key, also with _create, _change and _delete."""
    method: str
    path: str
    """With the query."""
    body: Any
    """Decoded JSON, or None."""
    status: int
    """0 where the connection was cut."""
    time: float
    """When it came, by the server's clock."""
    headers: dict[str, str]
    """What the client sent, names in lower case."""
    answer: Any = None
    """Decoded JSON of the answer, or None."""


class Journal:
    def __init__(self, file: Path | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._file = file
        self._watchers: list[Callable[[Exchange], None]] = []

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if self._file is not None:
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(exchange)) + "\n")
        for watcher in self._watchers:
            watcher(exchange)

    def on_exchange(self, watcher: Callable[[Exchange], None]) -> None:
        """Call `watcher` after each exchange, e.g. to set an event in a test."""
        self._watchers.append(watcher)

    def of(self, route: str, contains: str = "") -> list[Exchange]:
        return [e for e in self.exchanges if e.route == route and contains in e.path]

    def count(self, route: str, contains: str = "") -> int:
        return len(self.of(route, contains))
