"""The folder of pictures: files named by generation."""

from __future__ import annotations

import asyncio
import os
import re
import uuid
from collections.abc import Iterable
from pathlib import Path

from common.errors import StartupError
from hub.pictures.signing import Signer, read_secret

NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(_src|_msk)?\.webp")


def picture_name(generation: str) -> str:
    """Return the file name of a generation's picture."""
    return f"{generation}.webp"


def source_names(request: str) -> tuple[str, str]:
    """Return the file names of a request's source picture and mask."""
    return f"{request}_src.webp", f"{request}_msk.webp"


class PictureFolder:
    """Files on disk; every write is durable and appears at once or not at all."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def file(self, name: str) -> Path:
        """Return where a picture lies. The name must have been made here or match `NAME`."""
        return self.path / name

    def has(self, name: str) -> bool:
        """Tell whether a picture is there."""
        return self.file(name).is_file()

    async def write(self, name: str, data: bytes) -> None:
        """Keep a picture, replacing one of the same name."""
        await asyncio.to_thread(self._write, name, data)

    async def read(self, name: str) -> bytes | None:
        """Return a picture's bytes, or None if it is gone."""
        try:
            return await asyncio.to_thread(self.file(name).read_bytes)
        except FileNotFoundError:
            return None

    async def delete(self, names: Iterable[str]) -> None:
        """Remove pictures; those already gone are fine."""
        await asyncio.to_thread(self._delete, list(names))

    def names(self) -> list[str]:
        """Return all pictures, and sweep away drafts that a crash has left."""
        found = []
        for file in self.path.iterdir():
            if NAME.fullmatch(file.name):
                found.append(file.name)
            elif file.name.startswith(".draft-"):
                file.unlink(missing_ok=True)
        return found

    def _delete(self, names: Iterable[str]) -> None:
        for name in names:
            self.file(name).unlink(missing_ok=True)

    def _write(self, name: str, data: bytes) -> None:
        draft = self.path / f".draft-{uuid.uuid4().hex}"
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.file(name))
        finally:
            draft.unlink(missing_ok=True)


def prepare_folder(data_dir: Path) -> tuple[PictureFolder, Signer]:
    """Make the folder and the secret if they are not there. Raises StartupError."""
    folder = data_dir / "hub" / "pictures"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        secret = read_secret(data_dir / "hub.secret")
    except OSError as error:
        raise StartupError("startup.folder", folder=data_dir, problem=error.strerror) from error
    return PictureFolder(folder), Signer(secret)
