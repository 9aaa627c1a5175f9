"""Which models lie in the worker's folder, by the Horde's names."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from common.errors import WorkerError

LIST = "models.json"
"""Name of the Horde → file or folder, beside the models. What is not in it goes by its own name."""
FOLDER_MARK = "model_index.json"

T = TypeVar("T")


def find_models(folder: Path) -> dict[str, Path]:
    """Return where each model lies, in the order of their names.

    A model is a `.safetensors` file or a diffusers folder. Raises WorkerError if the list beside
    them cannot be read.
    """
    listed = listed_models(folder)
    named = {folder / entry: name for name, entry in listed.items()}
    found = {name: folder / entry for name, entry in listed.items()}
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        is_model = path.suffix == ".safetensors" or (path / FOLDER_MARK).is_file()
        if is_model and path not in named:
            found[path.stem if path.is_file() else path.name] = path
    return dict(sorted(found.items(), key=lambda entry: entry[0].casefold()))


def served(models: Mapping[str, T], serve: str | Sequence[str]) -> dict[str, T]:
    """Return those of the models, by name, that `worker.models.serve` means."""
    if isinstance(serve, str):
        return dict(models)
    return {name: models[name] for name in serve if name in models}


def listed_models(folder: Path) -> dict[str, str]:
    """Return what the list beside the models says: name → file or folder. Raises WorkerError."""
    file = folder / LIST
    try:
        document = json.loads(file.read_text("utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        raise WorkerError("worker.bad_list", file=file, problem=error) from error
    if not isinstance(document, dict) or not all(isinstance(v, str) for v in document.values()):
        raise WorkerError("worker.bad_list", file=file, problem="write {NAME: FILE, …}")
    return {str(name): entry for name, entry in document.items()}
