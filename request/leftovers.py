"""Picture files that nothing shows any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from request.adapter import Keeping
from request.kept.people import People


async def drop_unused(
    names: Sequence[str], folder: Path, people: People, adapter: object, *, but: int | None = None
) -> None:
    """Delete those of the files that no request, no copy and no page shows.

    The copy `but`, which is being taken down, does not count.
    """
    used = await people.used(names, but=but)
    if isinstance(adapter, Keeping):
        used |= await adapter.keeps(names)
    for name in names:
        if name not in used:
            await asyncio.to_thread((folder / name).unlink, missing_ok=True)
