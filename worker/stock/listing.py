"""What lies in the folder of models: names, sizes, families; and the list that names them."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

from common.errors import WorkerError
from worker.disk.models import FOLDER_MARK, LIST, find_models, listed_models
from worker.engines.diffusers.families import (
    Family,
    family_of_pipeline,
    read_shapes,
    recognise,
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One model."""

    name: str
    """What the Horde calls it."""
    file: Path
    size: int
    """Bytes."""
    family: Family | None
    inpainting: bool = False
    problem: str = ""
    """Why the worker cannot use it; "" if it can."""


def list_models(folder: Path) -> list[Entry]:
    """Return the models of a folder by name. Raises WorkerError if its list cannot be read."""
    return [describe(name, path) for name, path in find_models(folder).items()]


def describe(name: str, path: Path) -> Entry:
    """Return what a model is; what cannot be read has a problem."""
    size = 0
    try:
        size = size_of(path)
        if path.is_dir():
            index = json.loads((path / FOLDER_MARK).read_text("utf-8"))
            return Entry(name, path, size, family_of_pipeline(str(index["_class_name"])))
        kind = recognise(read_shapes(path), path.name)
    except WorkerError as error:
        return Entry(name, path, size, None, problem=str(error))
    except (OSError, ValueError, KeyError, TypeError) as error:
        problem = str(WorkerError("worker.bad_checkpoint", file=path.name, problem=error))
        return Entry(name, path, size, None, problem=problem)
    return Entry(name, path, size, kind.family, inpainting=kind.in_channels > 4)


def size_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder."""
    if path.is_file():
        return path.stat().st_size
    if not path.exists():
        raise WorkerError("worker.model_missing", model=path.name)
    return sum(file.stat().st_size for file in path.rglob("*") if file.is_file())


def enlist(folder: Path, name: str, file: Path) -> None:
    """Write into the list of a folder what a file is called."""
    _write(folder, {**listed_models(folder), name: file.relative_to(folder).as_posix()})


def remove(folder: Path, name: str) -> Path:
    """Take a model off the list and off the disk; return where it lay.

    What lies elsewhere is only taken off the list. Raises WorkerError if there is no such model.
    """
    found = find_models(folder)
    if name not in found:
        raise WorkerError("worker.no_such_model", model=name, known=", ".join(found) or "-")
    path = found[name]
    listed = listed_models(folder)
    shared = [other for other, at in found.items() if at == path and other != name]
    if path.resolve().is_relative_to(folder.resolve()) and not shared:
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    if name in listed:
        _write(folder, {other: entry for other, entry in listed.items() if other != name})
    return path


def _write(folder: Path, listed: dict[str, str]) -> None:
    new = folder / f"{LIST}.new"
    new.write_text(json.dumps(listed, indent=2, ensure_ascii=False) + "\n", "utf-8")
    new.replace(folder / LIST)
