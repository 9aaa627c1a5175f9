"""The diffusers engine with room for one small model at a time, so that each change reads one."""

from __future__ import annotations

from dataclasses import replace
from typing import Self

from common.config import WorkerConfig
from worker.disk.models import find_models
from worker.engines.diffusers.engine import DiffusersEngine
from worker.engines.diffusers.shelf import Shelf
from worker.system.device import MEMORY_SHARE

ROOM = 24_000_000
"""Bytes; the demo's model takes some 16 MB."""


class TightEngine(DiffusersEngine):
    @classmethod
    def build(cls, config: WorkerConfig) -> Self:
        def shelf(files, device):
            return Shelf(files, replace(device, memory=int(ROOM / MEMORY_SHARE)))

        return cls(find_models(config.models.folder), device="cpu", shelf=shelf)
