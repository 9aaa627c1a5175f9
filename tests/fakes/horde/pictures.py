"""Pictures that differ by seed as real ones do: small real WebP files."""

from __future__ import annotations

import io
from functools import lru_cache
from random import Random

from PIL import Image

SIDE = 64
BLOCKS = 8


@lru_cache(maxsize=256)
def paint(seed: int, *, side: int = SIDE, censored: bool = False) -> bytes:
    """Return a WebP of coloured blocks drawn from the seed; plain grey if censored."""
    random = Random(seed)
    colours = b"\x80" * (BLOCKS * BLOCKS * 3) if censored else random.randbytes(BLOCKS * BLOCKS * 3)
    small = Image.frombytes("RGB", (BLOCKS, BLOCKS), colours)
    stream = io.BytesIO()
    small.resize((side, side), Image.Resampling.NEAREST).save(stream, "WEBP", quality=80)
    return stream.getvalue()
