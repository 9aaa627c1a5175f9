"""Pictures as every room handles them: read with bounds, check, keep, write, describe.

All functions are plain and may take tens of milliseconds: call them through `asyncio.to_thread`.
Only WebP, PNG and JPEG exist here, whatever else Pillow could open.
"""

from __future__ import annotations

import hashlib
import math
import os
import struct
import uuid
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

from PIL import ExifTags, Image, ImageOps

from common import embedded
from common.errors import PictureError, StoreError

FORMATS = {"WEBP": "image/webp", "PNG": "image/png", "JPEG": "image/jpeg"}
MAX_BYTES = 20_000_000
OPAQUE = 255
MAX_PIXELS = 64_000_000
"""Enough for the Horde's largest picture after an upscaler; a decoded one is 256 MB at most."""
QUALITIES = (92, 80, 65)
SCALES = (1.0, 0.75, 0.5, 0.25)
"""What is tried in turn to make a picture fit: all qualities at one size, then a smaller one."""
PLAIN = 3
"""Steps of grey (of 255) between two cells that may be noise."""
BLANK_SPREAD = 3
"""A picture whose channels all vary by less (of 255) shows nothing."""

UNREADABLE = (OSError, SyntaxError, ValueError, EOFError, struct.error)
"""What Pillow raises for bytes it cannot read; UnidentifiedImageError is an OSError."""
BOMBS = (Image.DecompressionBombError, Image.DecompressionBombWarning)

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
    return _facts(_loaded(data, max_bytes=max_bytes, max_pixels=max_pixels))


def examine(
    data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> tuple[PictureFacts, str]:
    """Say what a file is, and what it looks like (`likeness`). Raises like `decode`."""
    image = _loaded(data, max_bytes=max_bytes, max_pixels=max_pixels)
    return _facts(image), likeness(image)


def sha256(data: bytes) -> str:
    """Return the hex digest that names these bytes in the picture folder."""
    return hashlib.sha256(data).hexdigest()


def store(folder: Path, data: bytes) -> Path:
    """Keep the bytes at `folder/<sha256>` and return that path; they survive a power cut.

    Storing the same bytes again makes the file as young as a new one, and changes nothing else.
    Raises StoreError if the disk does not take them. Several processes may store the same picture
    at once.
    """
    path = folder / sha256(data)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.touch()  # it is needed again: who looks for what nobody needs passes it over
        else:
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
        embedded.set_comment(exif, metadata.parameters)
    target = BytesIO()
    keeps_alpha = image.mode in {"RGBA", "LA", "PA"}
    image.convert("RGBA" if keeps_alpha else "RGB").save(
        target, "WEBP", quality=quality, method=4, exif=exif.tobytes(), xmp=XMP_AI_MADE
    )
    return target.getvalue()


def write_parameters(
    data: bytes, text: str, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> bytes:
    """Return a file with this recipe in it, where other programs look for it.

    Pixels stay as they are, and other metadata too; but without a text all of the metadata that
    may hold a recipe goes. Raises PictureError if the bytes are no picture.
    """
    image = _open(data, max_bytes=max_bytes, max_pixels=max_pixels)
    if image.format == "PNG":
        return embedded.png_with_text(data, text)
    exif = image.getexif()
    try:
        exif.get_ifd(ExifTags.IFD.Exif)  # read it in now, so that it is written out again
        embedded.set_comment(exif, text)
        payload = exif.tobytes()
    except UNREADABLE:  # damaged metadata of a good picture
        exif = Image.Exif()
        embedded.set_comment(exif, text)
        payload = exif.tobytes()
    if image.format == "JPEG":
        return embedded.jpeg_with_exif(data, payload)
    has_alpha = image.mode == "RGBA"
    return embedded.webp_with_exif(data, payload, size=image.size, has_alpha=has_alpha)


def read_parameters(data: bytes) -> str | None:
    """Return the recipe a picture carries, or None. Raises PictureError if it is no picture."""
    image = _open(data, max_bytes=MAX_BYTES, max_pixels=MAX_PIXELS)
    try:
        text = image.info.get("parameters")  # where A1111 puts it in a PNG
        if text is None and image.format == "PNG":
            image.load()  # it may stand behind the pixels
            text = image.info.get("parameters")
        if isinstance(text, str) and text:
            return text
        exif = image.getexif()
        comment = exif.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.UserComment)
        description = exif.get(ExifTags.Base.ImageDescription)
    except (*UNREADABLE, *BOMBS):  # damaged metadata of a good picture
        return None
    text = embedded.read_comment(comment) or description
    return text if isinstance(text, str) and text else None


def likeness(image: Image.Image) -> str:
    """Return what a picture looks like, as 64 hexadecimal digits that change little with it.

    Each bit says whether the picture gets clearly lighter from one of 17 × 16 grey cells to the
    next, so another size, format or quality turns few of them over.
    """
    plain = image if image.mode in {"RGB", "RGBA", "L"} else image.convert("RGB")
    cells = plain.convert("L").resize((17, 16), Image.Resampling.BOX)
    pixels = cells.tobytes()
    bits = 0
    for row in range(16):
        for column in range(16):
            at = 17 * row + column
            bits = bits << 1 | (pixels[at + 1] > pixels[at] + PLAIN)
    return f"{bits:064x}"


def difference(one: str, other: str) -> int:
    """Return in how many of 256 bits two likenesses differ; below about 25 it is one picture."""
    return (int(one, 16) ^ int(other, 16)).bit_count()


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
    data: bytes,
    *,
    max_bytes: int,
    formats: frozenset[str] = frozenset(FORMATS.values()),
    max_pixels: int = MAX_PIXELS,
) -> tuple[bytes, str]:
    """Return a picture of ours as a platform takes it, and its MIME type.

    As it is if it may be; else as WebP (or JPEG where that is not taken), and smaller until it is
    at most `max_bytes` and `max_pixels`. Raises PictureError if it is no picture.
    """
    facts = verify(data)
    pixels = facts.width * facts.height
    if facts.mime in formats and len(data) <= max_bytes and pixels <= max_pixels:
        return data, facts.mime
    image = decode(data)
    if pixels > max_pixels:
        factor = math.sqrt(max_pixels / pixels)
        image.thumbnail((int(facts.width * factor), int(facts.height * factor)))
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
        embedded.set_comment(exif, recipe.parameters)
    target = BytesIO()
    image.convert("RGB").save(target, "JPEG", quality=quality, exif=exif.tobytes(), xmp=XMP_AI_MADE)
    return target.getvalue()


def _loaded(data: bytes, *, max_bytes: int, max_pixels: int) -> Image.Image:
    image = _open(data, max_bytes=max_bytes, max_pixels=max_pixels)
    try:
        image.load()
    except (*UNREADABLE, *BOMBS) as error:
        raise PictureError("picture.unreadable") from error
    return image


def _facts(image: Image.Image) -> PictureFacts:
    return PictureFacts(FORMATS[image.format or ""], image.width, image.height)


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
    """Make the names in a folder durable, where folders can be opened (on Windows none can)."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except PermissionError:
        return
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
