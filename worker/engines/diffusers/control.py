"""Control maps: what a ControlNet is shown of a picture."""

from __future__ import annotations

import numpy as np
from PIL import Image

LOW, HIGH = 0.1, 0.2
"""Steps that count as an edge beside a strong one, and by themselves; 1 is black to white."""


def canny(image: Image.Image) -> Image.Image:
    """Return the edges of a picture, white on black, after Canny (1986)."""
    values = np.asarray(image.convert("L"), dtype=np.float32) / 255
    padded = np.pad(values, 1, mode="edge")
    right = padded[1:-1, 2:] - padded[1:-1, :-2]
    down = padded[2:, 1:-1] - padded[:-2, 1:-1]
    slope = np.hypot(right, down)
    ridge = _ridges(slope, np.arctan2(down, right))
    strong, weak = ridge & (slope >= HIGH), ridge & (slope >= LOW)
    edges = _grown(strong, weak)
    return Image.fromarray((edges * 255).astype(np.uint8)).convert("RGB")


def _ridges(slope: np.ndarray, angle: np.ndarray) -> np.ndarray:
    """Return where the slope is the largest across the edge."""
    padded = np.pad(slope, 1)
    height, width = slope.shape
    sector = np.round(angle / (np.pi / 4)).astype(int) % 4
    ridge = np.zeros(slope.shape, dtype=bool)
    for number, (dy, dx) in enumerate(((0, 1), (1, 1), (1, 0), (1, -1))):
        ahead = padded[1 + dy : 1 + dy + height, 1 + dx : 1 + dx + width]
        behind = padded[1 - dy : 1 - dy + height, 1 - dx : 1 - dx + width]
        ridge |= (sector == number) & (slope >= ahead) & (slope >= behind)
    return ridge


def _grown(strong: np.ndarray, weak: np.ndarray) -> np.ndarray:
    """Return the weak edges that hang together with strong ones."""
    edges = strong
    for _ in range(max(strong.shape)):
        padded = np.pad(edges, 1)
        near = np.zeros_like(edges)
        for dy in range(3):
            for dx in range(3):
                near |= padded[dy : dy + edges.shape[0], dx : dx + edges.shape[1]]
        grown = near & weak
        if (grown == edges).all():
            break
        edges = grown | strong
    return edges
