"""Drawing styles: the targets of the LoRAs, and more looks the autoencoder should stand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance, ImageFilter, ImageOps

Floats = NDArray[np.float32]


def pixel(image: Image.Image) -> Image.Image:
    """Blocks of 8 x 8 pixels, whole latent cells, with a little more contrast.

    Smaller blocks look better but are lost in the noise: the LoRA then learns next to nothing.
    """
    small = image.resize((image.width // 8, image.height // 8), Image.Resampling.BOX)
    vivid = ImageEnhance.Contrast(small).enhance(1.15)
    levels = (_floats(vivid) / 17).round() * 17
    return _image(levels).resize(image.size, Image.Resampling.NEAREST)


def neon(image: Image.Image) -> Image.Image:
    """Glowing outlines in the subject's own colours; the rest dim, on a violet night."""
    soft = _floats(image.filter(ImageFilter.GaussianBlur(0.8)))
    across, down = np.zeros_like(soft), np.zeros_like(soft)
    across[:, 1:-1] = soft[:, 2:] - soft[:, :-2]
    down[1:-1] = soft[2:] - soft[:-2]
    edge = np.clip(np.sqrt(across**2 + down**2).max(-1, keepdims=True) / 90, 0, 1)
    bright = _floats(image.filter(ImageFilter.MaxFilter(3)))
    hue = bright / (bright.max(-1, keepdims=True) + 1)
    line = edge * (0.2 + 0.8 * hue**1.6) * 255
    glow = _floats(_image(line).filter(ImageFilter.GaussianBlur(4)))
    return _image(_floats(image) * 0.24 + np.array([10, 4, 26]) + 0.9 * line + 0.8 * glow)


def watercolour(image: Image.Image) -> Image.Image:
    """Flat pale washes with darker rims, running out into white paper."""
    flat = ImageOps.posterize(image.filter(ImageFilter.MedianFilter(5)), 3)
    washed = _floats(_image(_floats(flat) + 16).filter(ImageFilter.GaussianBlur(1.0)))
    rim = _floats(_outlines(_image(washed)))[..., None]
    colour = 255 - (255 - washed) * 0.75 - rim * 0.6
    size = image.width
    rows, columns = np.mgrid[0:size, 0:size] / (size - 1.0)
    inside = np.minimum(np.minimum(columns, 1 - columns), np.minimum(rows, 1 - rows))
    paint = np.clip(inside * 9, 0, 1)[..., None]
    return _image(colour * paint + np.array([252, 249, 240]) * (1 - paint))


def sepia(image: Image.Image) -> Image.Image:
    """Return an old photograph."""
    grey = _floats(image.convert("L"))[..., None] / 255
    return _image(np.array([40, 22, 8]) * (1 - grey) + np.array([252, 236, 200]) * grey)


def blueprint(image: Image.Image) -> Image.Image:
    """White outlines on squared blue paper."""
    edge = np.clip(_floats(_outlines(image))[..., None] * 2.2 / 255, 0, 1)
    grey = _floats(image.convert("L"))[..., None] / 255
    grid = np.zeros((image.height, image.width, 1), np.float32)
    grid[::16] = 1
    grid[:, ::16] = 1
    paper = np.array([24, 62, 140]) + grey * 26 + grid * 16
    return _image(paper * (1 - edge) + 245 * edge)


STYLES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "pixel": pixel,
    "neon": neon,
    "watercolour": watercolour,
    "sepia": sepia,
    "blueprint": blueprint,
}

AUTOENCODER_MIX = ("pixel",) * 3 + ("neon",) * 4 + ("watercolour",) * 2 + ("sepia", "blueprint")
"""How often each style is among the autoencoder's pictures."""


def _outlines(image: Image.Image) -> Image.Image:
    soft = image.convert("L").filter(ImageFilter.GaussianBlur(0.6))
    return soft.filter(ImageFilter.FIND_EDGES)


def _floats(image: Image.Image) -> Floats:
    return np.asarray(image).astype(np.float32)


def _image(pixels: NDArray[np.floating]) -> Image.Image:
    return Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8))
