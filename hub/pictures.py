"""The hub's pictures: files named by generation, and signed addresses that expire.

An address allows one method on one picture until a time, like the presigned ones of the public
server's object store. The secret lies in the data folder, so that addresses outlive a restart.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import hashlib
import hmac
import os
import re
import secrets
import uuid
from collections.abc import Iterable, Mapping
from io import BytesIO
from pathlib import Path

from common import pictures
from common.errors import PictureError, StartupError
from hub.errors import Declined

LINK_SECONDS = 30 * 60
MAX_BYTES = 24 * 1024 * 1024
MAX_SOURCE_BYTES = 10 * 1024 * 1024
MAX_SOURCE_PIXELS = 3072 * 3072
SECRET_BYTES = 32
SOURCE_QUALITY = 95
NAME = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}(_src|_msk)?\.webp")


def picture_name(generation: str) -> str:
    """Return the file name of a generation's picture."""
    return f"{generation}.webp"


def source_names(request: str) -> tuple[str, str]:
    """Return the file names of a request's source picture and mask."""
    return f"{request}_src.webp", f"{request}_msk.webp"


class Signer:
    """Makes and checks addresses of pictures."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def link(self, base: str, method: str, name: str, now: float) -> str:
        """Return the address at which `method` works on a picture for half an hour."""
        expires = int(now) + LINK_SECONDS
        signature = self._sign(method, name, expires)
        return f"{base}/pictures/{name}?expires={expires}&signature={signature}"

    def allows(self, method: str, name: str, query: Mapping[str, str], now: float) -> bool:
        """Tell whether an address was made here for this method, and still holds."""
        text = query.get("expires", "")
        if not (text.isascii() and text.isdigit() and len(text) <= 12):
            return False
        good = self._sign(method, name, int(text)).encode()
        given = query.get("signature", "").encode("utf-8", "replace")
        return hmac.compare_digest(good, given) and int(text) >= now

    def _sign(self, method: str, name: str, expires: int) -> str:
        message = f"{method}\n{name}\n{expires}".encode()
        return hmac.new(self._secret, message, hashlib.sha256).hexdigest()


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
        secret = _read_secret(data_dir / "hub.secret")
    except OSError as error:
        raise StartupError("startup.folder", folder=data_dir, problem=error.strerror) from error
    return PictureFolder(folder), Signer(secret)


def _read_secret(path: Path) -> bytes:
    """Return the secret, made on first use; only our own user may read it."""
    try:
        secret = path.read_bytes()
    except FileNotFoundError:
        secret = b""
    if len(secret) == SECRET_BYTES:
        return secret
    path.unlink(missing_ok=True)
    secret = secrets.token_bytes(SECRET_BYTES)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(file.fileno())
    return secret


def read_base64(text: str, *, limit: int) -> bytes:
    """Return the bytes of base64. Raises Declined for anything else, or for too many."""
    if len(text) > limit * 4 // 3 + 4:
        raise Declined("SourceImageSizeExceeded", limit=limit // 1024 // 1024)
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Declined("ImageValidationFailed") from error


def read_source(text: str, *, needs_alpha: bool = False) -> bytes:
    """Return a source picture (base64 of WebP, PNG or JPEG) as WebP. Blocking.

    Raises Declined if it is an address, no picture, too large, or has no mask in its alpha
    channel where one is needed.
    """
    if text.startswith(("http://", "https://")):
        raise Declined("SourceImageUrlInvalid")
    data = read_base64(text, limit=MAX_SOURCE_BYTES)
    try:
        facts = pictures.verify(data, max_bytes=MAX_SOURCE_BYTES)
        if facts.width * facts.height > MAX_SOURCE_PIXELS:
            raise Declined("SourceImageResolutionExceeded", limit="3072 × 3072")
        image = pictures.decode(data, max_bytes=MAX_SOURCE_BYTES, max_pixels=MAX_SOURCE_PIXELS)
    except PictureError as error:
        raise Declined("ImageValidationFailed") from error
    if needs_alpha and not image.has_transparency_data:
        raise Declined("InpaintingMissingMask")
    if facts.mime == "image/webp":
        return data
    # not `encode_webp`: that marks a picture as made by a model, which this one is not
    target = BytesIO()
    mode = "RGBA" if image.has_transparency_data else "RGB"
    image.convert(mode).save(target, "WEBP", quality=SOURCE_QUALITY)
    return target.getvalue()


def read_result(text: str) -> bytes:
    """Return a finished picture sent as base64. Blocking. Raises Declined if it is none."""
    data = read_base64(text, limit=MAX_BYTES)
    try:
        pictures.verify(data, max_bytes=MAX_BYTES)
    except PictureError as error:
        raise Declined("ImageValidationFailed") from error
    return data
