"""Which finishers this machine has, by the Horde's names."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from worker.finishing.protocol import Build, Finisher

UPSCALERS, BACKGROUND, FACES = "upscalers", "background", "faces"
"""Folders beside the models."""
ENDING = ".safetensors"
STRIP_BACKGROUND = "strip_background"
NETWORK = "u2net.onnx"
DETECTOR = "*yunet*.onnx"
"""In the folder of faces: what finds them."""
FACE_FIXERS = ("GFPGAN", "GFPGANv1.3", "RestoreFormer")
"""Restorers that jobs ask for, and whose licence lets anybody use them."""
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
        if installed("cv2") and (detector := face_detector(models)) is not None:
            faces = face_files(models)
            tools |= {name: partial(_face_fixer, faces[name], detector, device) for name in faces}
    network = models / BACKGROUND / NETWORK
    if installed("rembg") and network.is_file():
        tools[STRIP_BACKGROUND] = partial(_cutter, network)
    return tools


def upscaler_files(models: Path) -> dict[str, Path]:
    """Return the files of upscalers by the Horde's names; others are not asked for."""
    return _named(models / UPSCALERS, BY_HORDE)


def face_files(models: Path) -> dict[str, Path]:
    """Return the files of restorers of faces by the Horde's names."""
    return _named(models / FACES, FACE_FIXERS)


def face_detector(models: Path) -> Path | None:
    """Return the file of what finds faces, if there is one."""
    return next(iter(sorted((models / FACES).glob(DETECTOR))), None)


def _named(folder: Path, known: Sequence[str]) -> dict[str, Path]:
    """Return files by names that are known, in whatever case: people write them in many ways."""
    names = {name.casefold(): name for name in known}
    files = sorted(folder.iterdir()) if folder.is_dir() else []
    return {
        names[file.stem.casefold()]: file
        for file in files
        if file.suffix == ENDING and file.stem.casefold() in names
    }


def pickles(models: Path) -> list[Path]:
    """Return the files of upscalers and restorers that may hold programs and are not opened."""
    folders = [models / name for name in (UPSCALERS, FACES)]
    files = [file for each in folders if each.is_dir() for file in sorted(each.iterdir())]
    return [file for file in files if file.suffix in {".pth", ".pt", ".ckpt"}]


def device_name(wanted: str) -> str:
    """Return the device as torch calls it; asks torch where it is left open."""
    if wanted != "auto":
        return wanted
    found: str = import_module("worker.system.device").find_device().name
    return found


def _upscaler(file: Path, device: str) -> Finisher:
    module = import_module("worker.finishing.upscaling")  # brings torch along
    made: Finisher = module.Upscaler.read(file, device_name(device))
    return made


def _face_fixer(file: Path, detector: Path, device: str) -> Finisher:
    module = import_module("worker.finishing.faces")  # brings torch and OpenCV along
    made: Finisher = module.FaceFixer.read(file, detector, device_name(device))
    return made


def _cutter(file: Path) -> Finisher:
    made: Finisher = import_module("worker.finishing.background").Cutter.read(file)
    return made
