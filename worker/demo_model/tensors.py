"""Reading safetensors files with numpy alone."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
_TYPES: dict[str, type[np.floating]] = {"F32": np.float32, "F16": np.float16}


def read_tensors(path: Path) -> dict[str, Array]:
    """All tensors of a safetensors file, as float32.

    Raises ValueError, naming the file, if it is not a whole safetensors file of floats.
    """
    content = path.read_bytes()
    try:
        (length,) = struct.unpack_from("<Q", content)
        header = json.loads(content[8 : 8 + length])
        header.pop("__metadata__", None)
        body = memoryview(content)[8 + length :]
        return {name: _tensor(body, entry) for name, entry in header.items()}
    except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path} is not a whole safetensors file of floats: {error}") from error


def _tensor(body: memoryview, entry: dict[str, object]) -> Array:
    kind, shape, offsets = entry["dtype"], entry["shape"], entry["data_offsets"]
    if not (isinstance(kind, str) and isinstance(shape, list) and isinstance(offsets, list)):
        raise TypeError("an entry of the header has the wrong form")
    start, end = offsets
    flat = np.frombuffer(body[start:end], _TYPES[kind])
    return flat.reshape(shape).astype(np.float32)
