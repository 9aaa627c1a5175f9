"""What the machine has to compute with, and what that means for loading and running models."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch

GIGABYTE = 1024**3
SMALL_CARD = 8 * GIGABYTE
"""Below this a large model is moved to the card part by part."""
CARD_SHARE = 0.8
"""Share of a card's memory that loaded models may take; the rest is for the work itself."""
MEMORY_SHARE = 0.5
PIXELS_PER_GIGABYTE = 512 * 512
"""What fits beside a model, roughly; half precision."""


@dataclass(frozen=True, slots=True)
class Device:
    """A card, or the processor."""

    name: str
    """As torch calls it: `cuda:0`, `mps`, `cpu`."""
    dtype: Any
    memory: int
    """Bytes; of the card, or of the machine."""

    @property
    def is_card(self) -> bool:
        """Whether it is a graphics card."""
        return self.name != "cpu"

    @property
    def small(self) -> bool:
        """Whether large models do not fit as a whole."""
        return self.is_card and self.memory < SMALL_CARD

    @property
    def room_for_models(self) -> int:
        """Bytes that loaded models may take together."""
        return int(self.memory * (CARD_SHARE if self.is_card else MEMORY_SHARE))

    @property
    def max_pixels(self) -> int:
        """Largest picture it can be trusted with."""
        gigabytes = max(self.memory // GIGABYTE, 1)
        return min(max(gigabytes * PIXELS_PER_GIGABYTE // 2, 512 * 512), 2048 * 2048)

    @property
    def max_batch(self) -> int:
        """Pictures made at once."""
        return max(1, min(8, self.memory // (4 * GIGABYTE))) if self.is_card else 4


def find_device(wanted: str = "auto") -> Device:
    """Return the device the operator named, or the best there is. Raises what torch raises."""
    name = _best() if wanted == "auto" else wanted
    if name.startswith("cuda"):
        with torch.cuda.device(name):
            half = torch.bfloat16 if torch.cuda.is_bf16_supported() else torch.float16
            return Device(name, half, torch.cuda.get_device_properties(name).total_memory)
    if name == "mps":
        return Device(name, torch.float16, _machine_memory())
    return Device("cpu", torch.float32, _machine_memory())


def _best() -> str:
    if torch.cuda.is_available():
        return "cuda:0"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def _machine_memory() -> int:
    """Return the machine's memory in bytes; a careful guess where it does not tell."""
    import os  # noqa: PLC0415
    import sys  # noqa: PLC0415

    if sys.platform == "win32":
        return 8 * GIGABYTE
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return 8 * GIGABYTE
