"""Picture files that nothing shows any more."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from common.database import Database
from request.adapter import Keeping
from request.extension import Extension
from request.kept import files


class Leftovers:
    """Deletes files of the picture folder, unless somebody still needs them."""

    def __init__(self, folder: Path, database: Database, extension: Extension) -> None:
        self._folder = folder
        self._database = database
        self._extension = extension

    async def drop(self, names: Sequence[str], adapter: object, *, but: int | None = None) -> None:
        """Delete those of the files that no request, copy, page or room above shows.

        The copy `but`, which is being taken down, does not count.
        """
        used = await files.used(self._database, names, but=but)
        used |= await self._extension.keeps(names)
        if isinstance(adapter, Keeping):
            used |= await adapter.keeps(names)
        for name in names:
            if name not in used:
                await asyncio.to_thread((self._folder / name).unlink, missing_ok=True)
