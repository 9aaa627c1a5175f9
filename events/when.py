"""Points in time as people read and write them: in UTC."""

from __future__ import annotations

from datetime import UTC, datetime


def when(moment: float) -> str:
    """Return a Unix time as people read it."""
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%d %H:%M UTC")
