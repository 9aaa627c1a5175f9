"""Files as models come in: their names and shapes, and hardly any numbers."""

from __future__ import annotations

import json
import struct

from worker.engines.diffusers.families import CONTEXT, UNET_IN


def tensors(size: int = 3_000_000, fill: bytes = b"\1") -> bytes:
    header = json.dumps(
        {"a": {"dtype": "U8", "shape": [size], "data_offsets": [0, size]}, "__metadata__": {}}
    ).encode()
    return struct.pack("<Q", len(header)) + header + fill * size


def checkpoint(width: int = 768, channels: int = 4, *names: str) -> bytes:
    """A file with the names and shapes of a model, and none of its numbers."""
    shapes = {UNET_IN: [320, channels, 3, 3], CONTEXT: [320, width], **{n: [1] for n in names}}
    header = json.dumps(
        {n: {"dtype": "F16", "shape": s, "data_offsets": [0, 0]} for n, s in shapes.items()}
    ).encode()
    return struct.pack("<Q", len(header)) + header
