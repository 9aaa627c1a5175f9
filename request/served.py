"""From the answer of `/v2/status/models` to what the resolver asks: which models are served."""

from __future__ import annotations

from collections.abc import Iterable

from common.horde.wire import ModelStatus
from styles.limits import Served

IMAGE = "image"


def served_of(rows: Iterable[ModelStatus]) -> dict[str, Served]:
    """Return what is served of each image model; one without a worker is left out."""
    return {
        row.name: Served(workers=row.count, eta=row.eta)
        for row in rows
        if row.type == IMAGE and row.count >= 1
    }
