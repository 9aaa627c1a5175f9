"""The diffusers engine, as the worker sees it."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import torch

from common.config import WorkerConfig
from common.errors import WorkerError
from worker.disk.models import find_models, served
from worker.engines.diffusers.checkpoint import Loaded
from worker.engines.diffusers.families import Family
from worker.engines.diffusers.inversions import UnfitError, read_inversion
from worker.engines.diffusers.making import Bench, StoppedError, gentle, make
from worker.engines.diffusers.shelf import Shelf
from worker.engines.protocol import EngineInfo, EngineTi, Fault, Feature, Generated, Task
from worker.system.device import Device, find_device

NAME = "diffusers"
CONTROLNET = "controlnet"
CONTROLNETS = {Family.SD1: "canny-sd1", Family.SDXL: "canny-sdxl"}
"""Folders under `controlnet/` beside the models."""
FEATURES = frozenset(Feature) - {Feature.CONTROLNET}


class DiffusersEngine:
    """Makes pictures with checkpoints from the disk; asks nobody for anything."""

    def __init__(
        self,
        models: Mapping[str, Path],
        *,
        device: str = "auto",
        controlnets: Path | None = None,
        shelf: Callable[[Mapping[str, Path], Device], Shelf] = Shelf,
    ) -> None:
        """Take the models by the Horde's names, the device, and the folder of ControlNets."""
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
        self._models = dict(models)
        self._wanted = device
        self._controlnets = controlnets
        self._make_shelf = shelf
        self._device: Device | None = None
        self._shelf: Shelf | None = None
        self._nets: dict[Family, Any] = {}
        self._problems: list[str] = []

    @classmethod
    def build(cls, config: WorkerConfig) -> Self:
        """Return the engine for the models in the worker's folder. Raises WorkerError."""
        models = served(find_models(config.models.folder), config.models.serve)
        if not models:
            raise WorkerError("worker.empty_folder", folder=config.models.folder)
        return cls(models, device=config.device, controlnets=config.models.folder / CONTROLNET)

    def info(self) -> EngineInfo:
        """Return what this engine offers on this machine."""
        device = self._device or find_device(self._wanted)
        features = FEATURES
        if any(self._controlnet_folder(family) for family in CONTROLNETS):
            features |= {Feature.CONTROLNET}
        return EngineInfo(
            name=NAME,
            models=tuple(self._models),
            max_pixels=device.max_pixels,
            max_batch=device.max_batch,
            features=features,
            problems=tuple(self._problems),
        )

    def load(self) -> None:
        """Find the device and read the first model. Raises WorkerError."""
        for library in ("diffusers", "transformers", "peft"):
            logging.getLogger(library).setLevel(logging.ERROR)
        try:
            self._device = find_device(self._wanted)
        except (RuntimeError, AssertionError) as error:
            raise WorkerError("worker.no_device", device=self._wanted, problem=error) from error
        missing = [name for name, path in self._models.items() if not path.exists()]
        if missing:
            raise WorkerError("worker.model_missing", model=missing[0])
        self._shelf = self._make_shelf(self._models, self._device)
        self._read_first(self._shelf)

    def _read_first(self, shelf: Shelf) -> None:
        """Read the first model that can be read; those before it are not offered. WorkerError."""
        for name in tuple(self._models):
            try:
                shelf.take(name)
            except WorkerError as error:
                if len(self._models) == 1:
                    raise
                self._problems.append(str(error))
                del self._models[name]
            else:
                return

    def unload(self) -> None:
        """Give the memory back; the next task reads its model again."""
        if self._shelf is not None:
            self._shelf.clear()
        self._nets.clear()

    def generate(
        self,
        task: Task,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> list[Generated]:
        """Make one picture per seed; none of a task that is stopped. Raises WorkerError."""
        if self._shelf is None or self._device is None:
            self.load()
        assert self._shelf is not None
        assert self._device is not None
        loaded = self._shelf.take(task.model)
        inversions, faults = _inversions(task.tis, loaded)
        bench = Bench(loaded, self._device, inversions, self._controlnet(task, loaded))
        try:
            images, more = self._fitting(task, bench, progress, cancelled)
        except StoppedError:
            return []
        told = (*faults, *more)
        return [
            Generated(image, seed, told) for image, seed in zip(images, task.seeds, strict=True)
        ]

    def _fitting(
        self,
        task: Task,
        bench: Bench,
        progress: Callable[[float], None],
        cancelled: Callable[[], bool],
    ) -> tuple[list[Any], list[Fault]]:
        """Make the pictures at once, or one by one if they do not fit into the memory together."""
        try:
            with gentle(bench.device):
                return make(task, bench, progress, cancelled)
        except torch.OutOfMemoryError as error:
            if len(task.seeds) == 1:
                raise WorkerError("worker.out_of_memory", model=task.model) from error
        images: list[Any] = []
        faults: list[Fault] = []
        for seed in task.seeds:
            done = len(images)

            def part(value: float, done: int = done) -> None:
                progress((done + value) / len(task.seeds))

            one = replace(task, seeds=(seed,))
            try:
                with gentle(bench.device):
                    made, faults = make(one, bench, part, cancelled)
            except torch.OutOfMemoryError as error:
                raise WorkerError("worker.out_of_memory", model=task.model) from error
            images += made
        return images, faults

    def _controlnet(self, task: Task, loaded: Loaded) -> Any:
        """Return the ControlNet a task needs, reading it the first time. Raises WorkerError."""
        if task.control is None or task.control.return_map:
            return None
        family = loaded.kind.family
        folder = self._controlnet_folder(family)
        if folder is None or (task.control.type != "canny" and not task.control.is_control):
            raise WorkerError("worker.no_controlnet", type=task.control.type)
        if family not in self._nets:
            from diffusers import ControlNetModel  # noqa: PLC0415

            assert self._device is not None
            net = ControlNetModel.from_pretrained(
                folder, torch_dtype=self._device.dtype, local_files_only=True, use_safetensors=True
            )
            self._nets[family] = net.to(self._device.name)
        return self._nets[family]

    def _controlnet_folder(self, family: Family) -> Path | None:
        if self._controlnets is None or family not in CONTROLNETS:
            return None
        folder = self._controlnets / CONTROLNETS[family]
        return folder if folder.is_dir() else None


def _inversions(
    wanted: tuple[EngineTi, ...], loaded: Loaded
) -> tuple[tuple[dict[str, Any], ...], list[Fault]]:
    """Return the vectors by name for each text encoder, and a fault for each that is not there."""
    widths = [int(encoder.model.config.hidden_size) for encoder in loaded.encoders]
    found: tuple[dict[str, Any], ...] = tuple({} for _ in widths)
    faults = []
    for ti in wanted:
        if ti.file is None:
            faults.append(Fault("ti", "download_failed", ti.name))
            continue
        try:
            vectors = read_inversion(ti.file, widths)
        except UnfitError:
            faults.append(Fault("ti", "baseline_mismatch", ti.name))
            continue
        for table, own in zip(found, vectors, strict=True):
            table[ti.name.lower()] = own
    return found, faults
