"""What was asked and answered, in order; on request also as a file of JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web


@dataclass(frozen=True, slots=True)
class Exchange:
    route: str
    """The fake's name of what was asked."""
    method: str
    path: str
    """With the query."""
    body: Any
    """Decoded, as far as the fake does; or None."""
    status: int
    """0 where the connection was cut."""
    time: float
    """When it came, by the server's clock."""
    headers: dict[str, str] = field(default_factory=dict)
    """What the client sent, names in lower case."""
    answer: Any = None
    """Decoded JSON of the answer, or None."""
    files: dict[str, bytes] = field(default_factory=dict)
    """Uploaded, by field name, where the fake keeps them."""


class Journal:
    def __init__(self, file: Path | None = None) -> None:
        self.exchanges: list[Exchange] = []
        self._file = file
        self._watchers: list[Callable[[Exchange], None]] = []

    def add(self, exchange: Exchange) -> None:
        self.exchanges.append(exchange)
        if self._file is not None:
            line = asdict(exchange) | {"files": {k: len(v) for k, v in exchange.files.items()}}
            with self._file.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(line) + "\n")
        for watcher in list(self._watchers):
            watcher(exchange)

    def clear(self) -> None:
        """Forget what was."""
        self.exchanges.clear()

    def on_exchange(self, watcher: Callable[[Exchange], None]) -> None:
        """Call `watcher` after each exchange, e.g. to set an event in a test."""
        self._watchers.append(watcher)

    def of(self, route: str, contains: str = "") -> list[Exchange]:
        return [e for e in self.exchanges if e.route == route and contains in e.path]

    def count(self, route: str, contains: str = "") -> int:
        return len(self.of(route, contains))


async def json_of(request: web.Request) -> Any:
    try:
        return json.loads(await request.read())
    except ValueError:
        return None


def answer_of(response: web.StreamResponse) -> Any:
    if not isinstance(response, web.Response) or response.content_type != "application/json":
        return None
    try:
        return json.loads(bytes(response.body or b""))
    except ValueError:
        return None
