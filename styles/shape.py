"""Width and height of a picture: what was asked for, within what a place allows."""

from __future__ import annotations

import math

from styles.limits import SIZE_RANGE, SIZE_STEP

MOST_RATIO = 8.0
"""No picture is more than this many times as wide as high, or the other way round."""


def rounded(side: float) -> int:
    """Return a side in pixels as the Horde takes it: a multiple of 64 within 64..3072."""
    low, high = SIZE_RANGE
    return min(high, max(low, math.floor(side / SIZE_STEP + 0.5) * SIZE_STEP))


def with_ratio(size: tuple[int, int], ratio: tuple[float, float]) -> tuple[int, int]:
    """Return (width, height) of about as many pixels in another ratio."""
    wide = min(MOST_RATIO, max(1 / MOST_RATIO, ratio[0] / ratio[1]))
    pixels = size[0] * size[1]
    return rounded(math.sqrt(pixels * wide)), rounded(math.sqrt(pixels / wide))


def within(size: tuple[int, int], max_pixels: int) -> tuple[int, int]:
    """Return a size of at most `max_pixels`, its sides in proportion as far as 64 allows."""
    width, height = size
    if width * height <= max_pixels:
        return size
    scale = math.sqrt(max_pixels / (width * height))
    low = SIZE_RANGE[0]
    width = max(low, math.floor(width * scale / SIZE_STEP) * SIZE_STEP)
    height = max(low, math.floor(height * scale / SIZE_STEP) * SIZE_STEP)
    while width * height > max_pixels and max(width, height) > low:
        # a very long side next to the least short one
        width, height = (width - SIZE_STEP, height) if width >= height else (width, height - 64)
    return width, height
