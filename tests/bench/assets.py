"""Looking for LoRAs while somebody types: from memory, over more than a community will ever use."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.catalogue import AssetCatalogue
from common.civitai.memory import AssetMemory
from tests.bench.figures import Figure, figure, repeat

ASSETS = 5_000
MILLI = 1e3
TYPED = ("", "t", "th", "thick", "thick pa", "paint 47", "4711", "nothing like it")


def measure(runs: int) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "assets.sqlite"
        memory = AssetMemory(file)
        memory.learn(_assets(), 1_800_000_000.0)
        memory.flush()
        opened = repeat(runs, lambda: asyncio.run(AssetCatalogue.open(None, Path(folder))))
        what = f"reading the memory of {ASSETS:,} LoRAs"
        yield figure(what, [MILLI * seconds for seconds in opened], "ms")
    catalogue = AssetCatalogue(None, memory)

    def complete() -> None:
        for typed in TYPED:
            catalogue.complete(typed, nsfw=False)

    seconds = repeat(runs, complete)
    each = [MILLI * one / len(TYPED) for one in seconds]
    yield figure(f"completing a LoRA's name among {ASSETS:,}", each, "ms")


def _assets() -> list[Asset]:
    words = ("thick", "paint", "neon", "glass", "wool", "night", "folk", "ink", "paper", "gold")
    version = AssetVersion(1, "v1", "SDXL 1.0", ("trigger",), 200_000_000, True, "ab" * 32)
    return [
        Asset(
            number,
            AssetKind.LORA,
            f"{words[number % 10].title()} {words[number // 10 % 10]} {number}",
            f"maker {number % 300}",
            versions=(version,),
        )
        for number in range(1, ASSETS + 1)
    ]
