"""Pictures as every room handles them: read with bounds, check, keep, write, describe.

All functions are plain and may take tens of milliseconds: call them through `asyncio.to_thread`.
Only WebP, PNG and JPEG exist here, whatever else Pillow could open.
"""

from __future__ import annotations

import hashlib
import os
import struct
import uuid
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from common.errors import PictureError, StoreError

FORMATS = {"WEBP": "image/webp", "PNG": "image/png", "JPEG": "image/jpeg"}
MAX_BYTES = 20_000_000
OPAQUE = 255
MAX_PIXELS = 64_000_000
"""Enough for the Horde's largest picture after an upscaler; a decoded one is 256 MB at most."""
QUALITIES = (92, 80, 65)
SCALES = (1.0, 0.75, 0.5, 0.25)
"""What is tried in turn to make a picture fit: all qualities at one size, then a smaller one."""
BLANK_SPREAD = 3
"""A picture whose channels all vary by less (of 255) shows nothing."""

UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for bytes it cannot read; UnidentifiedImageError is an OSError."""
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

UNICODE_MARK = b"UNICODE\x00"
"""EXIF's mark in front of a UserComment in UTF-16, as A1111 and its readers use it."""
XMP_AI_MADE = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/">'
    b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    b'<rdf:Description rdf:about="" '
    b'xmlns:Iptc4xmpExt="http://iptc.org/std/Iptc4xmpExt/2008-02-29/">'
    b"<Iptc4xmpExt:DigitalSourceType>"
    b"http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
    b"</Iptc4xmpExt:DigitalSourceType>"
    b"</rdf:Description></rdf:RDF></x:xmpmeta>"
)
"""IPTC's way to say "made by a trained model", for programs that label pictures."""


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """What a file turned out to be. Sizes in pixels."""

    mime: str
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a written picture says of itself. Never a person's name."""

    parameters: str = ""
    """The recipe, in the text form A1111 and CivitAI read."""
    software: str = ""


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """A picture to start from, ready to be sent."""

    data: bytes
    """WebP without metadata."""
    size: tuple[int, int]
    transparent: bool
    """Whether a part of it can be seen through."""


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Image.Image:
    """Return the picture, upright (EXIF orientation applied) and fully decoded.

    Raises PictureError for other formats, broken files and ones beyond the bounds; the size is
    known from the header before a pixel is decoded.
    """
    image = _open(data, max_bytes=max_bytes, max_pixels=max_pixels)
    try:
        image.load()
        return ImageOps.exif_transpose(image)
    except (*UNREADABLE, *BOMBS) as error:
        raise PictureError("picture.unreadable") from error


def verify(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> PictureFacts:
    """Decode the whole file and say what it is. Raises PictureError like `decode`.

    Width and height are those of the stored pixels, without regard to EXIF orientation.
    """
    image = _open(data, max_bytes=max_bytes, max_pixels=max_pixels)
    try:
        image.load()
    except (*UNREADABLE, *BOMBS) as error:
        raise PictureError("picture.unreadable") from error
    return PictureFacts(FORMATS[image.format or ""], image.width, image.height)


def sha256(data: bytes) -> str:
    """Return the hex digest that names these bytes in the picture folder."""
    return hashlib.sha256(data).hexdigest()


def store(folder: Path, data: bytes) -> Path:
    """Keep the bytes at `folder/<sha256>` and return that path; they survive a power cut.

    Storing the same bytes again changes nothing. Raises StoreError if the disk does not take
    them. Several processes may store the same picture at once.
    """
    path = folder / sha256(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _write_beside(path, data)
        _sync_folder(folder)
    except OSError as error:
        raise StoreError("picture.not_kept", folder=folder, problem=error.strerror) from error
    return path


def encode_webp(
    image: Image.Image, *, quality: int = 95, metadata: Metadata | None = None
) -> bytes:
    """Return the picture as WebP, marked as AI-made, with its recipe if one is given."""
    metadata = metadata or Metadata()
    exif = Image.Exif()
    if metadata.software:
        exif[ExifTags.Base.Software] = metadata.software
    if metadata.parameters:
        _set_comment(exif, metadata.parameters)
    target = BytesIO()
    keeps_alpha = image.mode in {"RGBA", "LA", "PA"}
    image.convert("RGBA" if keeps_alpha else "RGB").save(
        target, "WEBP", quality=quality, method=4, exif=exif.tobytes(), xmp=XMP_AI_MADE
    )
    return target.getvalue()


def write_parameters(data: bytes, text: str) -> bytes:
    """Return a WebP file with this recipe in its EXIF; pixels and other metadata stay as they are.

    Raises PictureError if the bytes are not WebP.
    """
    image = _open(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    if image.format != "WEBP":
        raise PictureError("picture.not_webp")
    exif = image.getexif()
    exif.get_ifd(ExifTags.IFD.Exif)  # read it in now, so that it is written out again
    _set_comment(exif, text)
    payload = exif.tobytes().removeprefix(b"Exif\x00\x00")
    has_alpha = image.mode == "RGBA"
    return _with_exif_chunk(data, payload, size=image.size, has_alpha=has_alpha)


def read_parameters(data: bytes) -> str | None:
    """Return the recipe a picture carries, or None. Raises PictureError if it is no picture."""
    image = _open(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    text = image.info.get("parameters")  # where A1111 puts it in a PNG
    if isinstance(text, str) and text:
        return text
    try:
        exif = image.getexif()
        comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
    except UNREADABLE:  # damaged metadata of a good picture
        return None
    return _read_comment(comment) or exif.get(ExifTags.Base.ImageDescription) or None


def as_source(
    data: bytes,
    *,
    longest_side: int,
    border: float = 0.0,
    max_bytes: int = MAX_BYTES,
    max_pixels: int = MAX_PIXELS,
) -> SourcePicture:
    """Return a picture people sent as WebP to start from, without its metadata (place, camera).

    It is upright, no side longer than `longest_side` pixels, and transparent parts stay so.
    `border` is the share of width and height added on each side as transparent, unless the
    picture has a transparent part already. Raises PictureError like `decode`.
    """
    image = decode(data, max_bytes=max_bytes, max_pixels=max_pixels)
    transparent = "A" in image.getbands() or "transparency" in image.info
    image = image.convert("RGBA" if transparent else "RGB")
    transparent = transparent and min(image.getchannel("A").getextrema()) < OPAQUE  # type: ignore[operator]
    if border and not transparent:
        sides = (round(image.width * border), round(image.height * border))
        canvas = Image.new("RGBA", (image.width + 2 * sides[0], image.height + 2 * sides[1]))
        canvas.paste(image.convert("RGBA"), sides)
        image, transparent = canvas, True
    image.thumbnail((longest_side, longest_side), Image.Resampling.LANCZOS)
    target = BytesIO()
    image.save(target, "WEBP", quality=95, method=4, exact=True)
    return SourcePicture(target.getvalue(), image.size, transparent)


def fitted(
    data: bytes, *, max_bytes: int, formats: frozenset[str] = frozenset(FORMATS.values())
) -> tuple[bytes, str]:
    """Return a picture of ours as a platform takes it, and its MIME type.

    As it is if it may be; else as WebP (or JPEG where that is not taken), and smaller until it is
    at most `max_bytes`. Raises PictureError if it is no picture.
    """
    facts = verify(data)
    if facts.mime in formats and len(data) <= max_bytes:
        return data, facts.mime
    image = decode(data)
    mime = "image/webp" if "image/webp" in formats else "image/jpeg"
    recipe = Metadata(parameters=read_parameters(data) or "")
    for scale in SCALES:
        side = max(1, round(max(image.size) * scale))
        smaller = image.copy()
        smaller.thumbnail((side, side), Image.Resampling.LANCZOS)
        for quality in QUALITIES:
            made = _encoded(smaller, mime, quality, recipe)
            if len(made) <= max_bytes:
                return made, mime
    raise PictureError("picture.too_large", size="too large", limit=f"{max_bytes / 1e6:.1f} MB")


def is_blank(image: Image.Image) -> bool:
    """Tell whether a picture is one flat colour: what a failed decoder leaves behind."""
    channels = image.convert("RGB").split()
    spreads = (channel.getextrema() for channel in channels)
    return all(high - low < BLANK_SPREAD for low, high in spreads)  # type: ignore[operator]


# --- inside --------------------------------------------------------------------------------


def _encoded(image: Image.Image, mime: str, quality: int, recipe: Metadata) -> bytes:
    if mime == "image/webp":
        return encode_webp(image, quality=quality, metadata=recipe)
    exif = Image.Exif()
    if recipe.parameters:
        _set_comment(exif, recipe.parameters)
    target = BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality, exif=exif.tobytes(), xmp=XMP_AI_MADE)
    return target.getvalue()


def _open(data: bytes, *, max_bytes: int, max_pixels: int) -> Image.Image:
    """Read the header only, and check the bounds."""
    if len(data) > max_bytes:
        raise PictureError(
            "picture.too_large",
            size=f"{len(data) / 1e6:.1f} MB",
            limit=f"{max_bytes / 1e6:.1f} MB",
        )
    try:
        image = Image.open(BytesIO(data), formats=tuple(FORMATS))
    except BOMBS as error:
        limit = f"{max_pixels / 1e6:.1f} megapixels"
        raise PictureError("picture.too_large", size="far too many pixels", limit=limit) from error
    except UNREADABLE as error:
        raise PictureError("picture.unreadable") from error
    if image.width * image.height > max_pixels:
        raise PictureError(
            "picture.too_large",
            size=f"{image.width} × {image.height} pixels",
            limit=f"{max_pixels / 1e6:.1f} megapixels",
        )
    return image


def _write_beside(path: Path, data: bytes) -> None:
    """Write to a name of our own, make it durable, then move it to its place at once."""
    draft = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        with draft.open("xb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _set_comment(exif: Image.Exif, text: str) -> None:
    fields = exif.get_ifd(ExifTags.IFD.Exif)
    fields[ExifTags.Base.UserComment] = UNICODE_MARK + text.encode("utf-16-be", "replace")


def _read_comment(raw: object) -> str:
    """Return the text of an EXIF UserComment, whichever of its encodings it is in."""
    if isinstance(raw, str):
        return raw.strip("\x00 ")
    if not isinstance(raw, bytes):
        return ""
    if raw.startswith(UNICODE_MARK):
        return raw.removeprefix(UNICODE_MARK).decode("utf-16-be", "replace").strip("\x00 ")
    return raw.removeprefix(b"ASCII\x00\x00\x00").decode("utf-8", "replace").strip("\x00 ")


def _with_exif_chunk(
    data: bytes, payload: bytes, *, size: tuple[int, int], has_alpha: bool
) -> bytes:
    """Put an EXIF chunk into a WebP file (a RIFF of chunks), replacing the one it has.

    A simple WebP has no room for metadata: it first becomes an extended one, which starts with
    a VP8X chunk of flags (EXIF 0x08, alpha 0x10) and the size minus one in 24 bits each.
    """
    chunks = [chunk for chunk in _chunks(data) if chunk[0] != b"EXIF"]
    if chunks and chunks[0][0] == b"VP8X":
        flags, rest = chunks[0][1][0], chunks[0][1][1:]
        chunks[0] = (b"VP8X", bytes([flags | 0x08]) + rest)
    else:
        sides = b"".join((side - 1).to_bytes(3, "little") for side in size)
        flags = 0x08 | (0x10 if has_alpha else 0)
        chunks.insert(0, (b"VP8X", bytes([flags, 0, 0, 0]) + sides))
    chunks.append((b"EXIF", payload))
    body = b"".join(
        name + len(content).to_bytes(4, "little") + content + b"\x00" * (len(content) % 2)
        for name, content in chunks
    )
    return b"RIFF" + (len(body) + 4).to_bytes(4, "little") + b"WEBP" + body


def _chunks(data: bytes) -> list[tuple[bytes, bytes]]:
    """Return the chunks of a RIFF file that Pillow has accepted, as (name, content)."""
    found = []
    at = 12
    while at + 8 <= len(data):
        length = int.from_bytes(data[at + 4 : at + 8], "little")
        found.append((data[at : at + 4], data[at + 8 : at + 8 + length]))
        at += 8 + length + length % 2
    return found
