"""The models in memory: those used last stay, as many as fit."""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping
from pathlib import Path

import torch

from worker.engines.diffusers.checkpoint import Loaded, open_model
from worker.system.device import Device

Open = Callable[[str, Path, Device], Loaded]


class Shelf:
    """Keeps models loaded, the longest unused going first when there is no room."""

    def __init__(
        self, files: Mapping[str, Path], device: Device, *, open_model: Open = open_model
    ) -> None:
        """Take where each model lies."""
        self._files = files
        self._device = device
        self._open = open_model
        self._loaded: dict[str, Loaded] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The models in memory, the longest unused first."""
        return tuple(self._loaded)

    def take(self, name: str) -> Loaded:
        """Return a model, reading it if it is not there. Raises WorkerError."""
        if name in self._loaded:
            self._loaded[name] = self._loaded.pop(name)
            return self._loaded[name]
        path = self._files[name]
        self._make_room(_size_on_disk(path))
        self._loaded[name] = loaded = self._open(name, path, self._device)
        self._make_room(0, keep=name)
        return loaded

    def clear(self) -> None:
        """Forget all models."""
        self._loaded.clear()
        _collect()

    def _make_room(self, wanted: int, keep: str | None = None) -> None:
        while self._loaded:
            used = sum(loaded.size for loaded in self._loaded.values())
            oldest = next(iter(self._loaded))
            if used + wanted <= self._device.room_for_models or oldest == keep:
                return
            del self._loaded[oldest]
            _collect()


def _size_on_disk(path: Path) -> int:
    if path.is_file():
        return path.stat().st_size
    return sum(file.stat().st_size for file in path.rglob("*.safetensors"))


def _collect() -> None:
    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
