"""How many requests a second the store takes in, each safe on the disk before it returns."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from common.database import open_database
from common.model import Incoming, Person, Place
from request.kept.leases import Lease, Leases
from request.kept.store import Store
from tests.bench.figures import Figure, Watch, figure

WRITES = 300
AT_ONCE = 50


def measure(runs: int) -> Iterator[Figure]:
    one_by_one, many = asyncio.run(_rates(runs))
    yield figure("new requests written, one after the other", one_by_one, "a second")
    yield figure(f"new requests written, {AT_ONCE} at once", many, "a second")


async def _rates(runs: int) -> tuple[list[float], list[float]]:
    with tempfile.TemporaryDirectory(prefix="hordebots-bench-") as folder:
        database = await open_database(f"sqlite+aiosqlite:///{Path(folder) / 'bench.sqlite'}")
        try:
            store = Store(database)
            lease = await Leases(database, "bench").take("web")
            assert lease is not None
            alone = [await _rate(store, lease, f"a{number}", 1) for number in range(runs)]
            many = [await _rate(store, lease, f"m{number}", AT_ONCE) for number in range(runs)]
        finally:
            await database.close()
    return alone, many


async def _rate(store: Store, lease: Lease, name: str, at_once: int) -> float:
    """Return the writes a second of some writers that share the work."""
    waiting = iter(range(WRITES))

    async def write() -> None:
        for number in waiting:
            assert await store.insert_once(lease, _message(f"{name}-{number}"), number)

    watch = Watch()
    await asyncio.gather(*(write() for _ in range(at_once)))
    return WRITES / watch.seconds()


def _message(event: str) -> Incoming:
    return Incoming(
        place=Place("web", "web", "room"),
        event=event,
        person=Person("1", "somebody"),
        text="draw for me a fox in the snow style: raw --n 1",
        created=datetime.now(UTC),
    )
