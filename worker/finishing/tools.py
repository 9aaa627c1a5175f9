"""Which finishers this machine has, by the Horde's names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from worker.finishing.protocol import Build, Finisher

UPSCALERS, BACKGROUND = "upscalers", "background"
"""Folders beside the models."""
ENDING = ".safetensors"
STRIP_BACKGROUND = "strip_background"
NETWORK = "u2net.onnx"
BY_HORDE = (
    "RealESRGAN_x4plus",
    "RealESRGAN_x2plus",
    "RealESRGAN_x4plus_anime_6B",
    "NMKD_Siax",
    "4x_AnimeSharp",
)
"""Upscalers that jobs ask for."""


def has(library: str) -> bool:
    """Tell whether a library is installed; imports nothing."""
    return find_spec(library) is not None


def find_tools(models: Path, device: str, installed: Callable[[str], bool]) -> dict[str, Build]:
    """Return what builds each finisher whose file and library are here."""
    tools: dict[str, Build] = {}
    if installed("torch") and installed("spandrel"):
        files = upscaler_files(models)
        tools |= {name: partial(_upscaler, files[name], device) for name in files}
    network = models / BACKGROUND / NETWORK
    if installed("rembg") and network.is_file():
        tools[STRIP_BACKGROUND] = partial(_cutter, network)
    return tools


def upscaler_files(models: Path) -> dict[str, Path]:
    """Return the files of upscalers by the Horde's names; others have none and are not asked for.

    Names are compared without case, for people write them in many ways.
    """
    names = {name.casefold(): name for name in BY_HORDE}
    folder = models / UPSCALERS
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {
        names[file.stem.casefold()]: file
        for file in files
        if file.suffix == ENDING and file.stem.casefold() in names
    }


def pickles(models: Path) -> list[Path]:
    """Return the files of upscalers that may hold programs and are not opened."""
    folder = models / UPSCALERS
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return [file for file in files if file.suffix in {".pth", ".pt", ".ckpt"}]


def device_name(wanted: str) -> str:
    """Return the device as torch calls it; asks torch where it is left open."""
    if wanted != "auto":
        return wanted
    found: str = import_module("worker.engines.diffusers.device").find_device().name
    return found


def _upscaler(file: Path, device: str) -> Finisher:
    module = import_module("worker.finishing.upscaling")  # brings torch along
    made: Finisher = module.Upscaler.read(file, device_name(device))
    return made


def _cutter(file: Path) -> Finisher:
    made: Finisher = import_module("worker.finishing.background").Cutter.read(file)
    return made
