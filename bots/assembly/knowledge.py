"""What is known of styles, models and LoRAs: opened once, kept fresh in the background.

Nothing here is in the path of a request: what cannot be had from the network stays as it was last
known, and each piece says so.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
import structlog

from common.civitai.assets import AssetKind
from common.civitai.catalogue import AssetCatalogue
from common.civitai.client import CivitaiClient
from common.config import CivitaiConfig, Config
from common.reference.library import ReferenceLibrary
from common.running.tasks import cancel
from styles.lists.library import OWN_STYLES, StyleLibrary
from styles.lists.previews import Previews
from styles.lists.stylelist import StyleList

STYLES_FRESH = 3600.0
"""Seconds between two readings of the stylelist."""
OWN_FRESH = 60.0
"""Seconds between two looks at the community's own styles, which another process may write."""
REFERENCE_FRESH = 24 * 3600.0
"""Seconds between two readings of the model reference."""

LORAS_FRESH = 24 * 3600.0
"""Seconds between two looks at which LoRAs are not known, or not freshly."""

KEPT_PREVIEWS = "previews"
"""Folder of the data folder where `hordebots styles preview --keep` puts pictures."""

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What requests are read and resolved with."""

    library: StyleLibrary
    reference: ReferenceLibrary
    catalogue: AssetCatalogue
    previews: Previews = field(default_factory=lambda: Previews(()))


@asynccontextmanager
async def open_knowledge(
    config: Config, folder: Path, session: aiohttp.ClientSession, *, lasting: bool = True
) -> AsyncIterator[Knowledge]:
    """Open all that is known, from the disk where it was known before.

    What lasts is kept fresh; what answers one request and ends asks nobody beyond that. Raises
    StyleListError if there is no style at all.
    """
    async with AsyncExitStack() as stack:
        library = await StyleLibrary.open(
            config.styles.sources, own=folder / OWN_STYLES, cache=folder / "styles"
        )
        reference = await ReferenceLibrary.open(config.reference.url, cache=folder / "reference")
        catalogue = await open_catalogue(config.civitai, folder, session)
        stack.push_async_callback(catalogue.close)
        kept = folder / KEPT_PREVIEWS
        previews = Previews(config.styles.previews, kept=kept, cache=folder / "styles")
        if lasting:

            async def learn() -> None:
                catalogue.warm()
                learn_styles(catalogue, library.current)

            tasks = (
                asyncio.create_task(_every(LORAS_FRESH, learn), name="loras"),
                asyncio.create_task(_every(STYLES_FRESH, library.refresh), name="stylelist"),
                asyncio.create_task(_every(OWN_FRESH, library.refresh_own), name="own styles"),
                asyncio.create_task(_every(STYLES_FRESH, previews.refresh), name="previews"),
                asyncio.create_task(_every(REFERENCE_FRESH, reference.refresh), name="reference"),
            )
            stack.push_async_callback(cancel, *tasks)
        yield Knowledge(library, reference, catalogue, previews)


async def open_catalogue(
    config: CivitaiConfig, folder: Path, session: aiohttp.ClientSession
) -> AssetCatalogue:
    """Open what is known of LoRAs; without an address nothing new is learnt."""
    client = None if config.url is None else CivitaiClient(config.url, session, config.key)
    return await AssetCatalogue.open(client, folder / "civitai")


def learn_styles(catalogue: AssetCatalogue, stylelist: StyleList) -> None:
    """Have the LoRAs of a list looked up, slowly, so that their makers can be named."""
    catalogue.learn(
        [
            (lora.name, AssetKind.LORA, lora.is_version)
            for style in stylelist.styles.values()
            for lora in style.look.loras
        ]
    )


async def _every(seconds: float, refresh: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await refresh()
        except Exception:  # what serves requests must not end with it
            log.exception("refresh_broken")
        await asyncio.sleep(seconds)
