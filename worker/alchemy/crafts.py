"""Which forms of alchemy this machine can do, by the Horde's names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from importlib import import_module
from pathlib import Path

from PIL import Image

from common.errors import WorkerError
from worker.alchemy.protocol import CAPTION, INTERROGATION, Build, Craft, Outcome
from worker.finishing.protocol import Build as BuildFinisher
from worker.finishing.protocol import Finisher, StoppedError
from worker.finishing.tools import device_name, find_tools

FOLDER = "alchemy"
"""Beside the models; in it a folder for each of these."""
SEEING = {CAPTION: "Captioner", INTERROGATION: "Interrogator"}
MARK = "config.json"


def find_crafts(models: Path, device: str, installed: Callable[[str], bool]) -> dict[str, Build]:
    """Return what builds each craft whose files and library are here."""
    crafts: dict[str, Build] = {}
    if installed("torch") and installed("transformers"):
        for form in SEEING:
            folder = models / FOLDER / form
            if (folder / MARK).is_file():
                crafts[form] = partial(_seer, form, folder, device)
    for form, build in find_tools(models, device, installed).items():
        crafts[form] = partial(_finishing, build)
    return crafts


def _seer(form: str, folder: Path, device: str) -> Craft:
    module = import_module("worker.alchemy.seeing")  # brings torch along
    craft: Craft = getattr(module, SEEING[form]).read(folder, device_name(device))
    return craft


def _finishing(build: BuildFinisher) -> Craft:
    return Finishing(build())


class Finishing:
    """What is done to finished pictures, done to any."""

    def __init__(self, finisher: Finisher) -> None:
        self._finisher = finisher

    def work(self, image: Image.Image, cancelled: Callable[[], bool]) -> Outcome:
        """Return the changed picture. Raises WorkerError."""
        try:
            return Outcome(image=self._finisher.finish(image, cancelled))
        except StoppedError as error:
            raise WorkerError("worker.too_late") from error
