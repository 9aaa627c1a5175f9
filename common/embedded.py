"""Texts inside picture files, put there without touching a pixel: EXIF, and the text of PNG.

Files are taken apart and put together again chunk by chunk; what is taken here Pillow has accepted.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator

from PIL import ExifTags, Image

UNICODE_MARK = b"UNICODE\x00"
"""EXIF's mark in front of a UserComment in UTF-16, as A1111 and its readers use it."""
ASCII_MARK = b"ASCII\x00\x00\x00"
EXIF_MARK = b"Exif\x00\x00"
"""What EXIF begins with in a JPEG."""
PNG_START = b"\x89PNG\r\n\x1a\n"
PNG_TEXTS = frozenset({b"tEXt", b"zTXt", b"iTXt"})
PNG_RECIPE = b"parameters"
"""Keyword under which A1111 and CivitAI look for a recipe in a PNG."""
JPEG_SCAN, JPEG_APP0, JPEG_APP1 = 0xDA, 0xE0, 0xE1
LONGEST_SEGMENT = 65_533
"""Bytes that a segment of a JPEG can hold."""


def png_with_text(data: bytes, text: str) -> bytes:
    """Return a PNG with this recipe; without one all its texts and its EXIF go."""
    made = bytearray(PNG_START)
    for name, content in _png_chunks(data):
        other = name not in PNG_TEXTS or not content.startswith(PNG_RECIPE + b"\x00")
        if other if text else name not in {*PNG_TEXTS, b"eXIf"}:
            made += _png_chunk(name, content)
        if name == b"IHDR" and text:
            made += _png_chunk(*_png_text(text))
    return bytes(made)


def _png_text(text: str) -> tuple[bytes, bytes]:
    try:
        return b"tEXt", PNG_RECIPE + b"\x00" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", PNG_RECIPE + b"\x00" * 5 + text.encode("utf-8", "replace")


def _png_chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(content, zlib.crc32(name))
    return len(content).to_bytes(4, "big") + name + content + check.to_bytes(4, "big")


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at = len(PNG_START)
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4], "big")
        yield data[at + 4 : at + 8], data[at + 8 : at + 8 + length]
        at += 12 + length


def jpeg_with_exif(data: bytes, payload: bytes) -> bytes:
    """Put EXIF into a JPEG, replacing what it has. EXIF too long for one is left out."""
    segment = EXIF_MARK + payload.removeprefix(EXIF_MARK)
    if len(segment) > LONGEST_SEGMENT:
        return data
    made, at = bytearray(data[:2]), 2
    put = b"\xff\xe1" + (len(segment) + 2).to_bytes(2, "big") + segment
    while at + 4 <= len(data) and data[at] == 0xFF and data[at + 1] != JPEG_SCAN:
        kind = data[at + 1]
        end = at + 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if put and kind != JPEG_APP0:
            made += put
            put = b""
        if kind != JPEG_APP1 or not data[at + 4 : end].startswith(EXIF_MARK):
            made += data[at:end]
        at = end
    return bytes(made + put + data[at:])


def set_comment(exif: Image.Exif, text: str) -> None:
    """Put a text into EXIF as its UserComment."""
    fields = exif.get_ifd(ExifTags.IFD.Exif)
    fields[ExifTags.Base.UserComment] = UNICODE_MARK + text.encode("utf-16-be", "replace")


def read_comment(raw: object) -> str:
    """Return the text of an EXIF UserComment, whichever of its encodings it is in."""
    if isinstance(raw, str):
        return raw.strip("\x00 ")
    if not isinstance(raw, bytes):
        return ""
    if raw.startswith(UNICODE_MARK):
        text = raw.removeprefix(UNICODE_MARK)
        little = text[1::2].count(0) > text[::2].count(0)  # some write it the other way round
        return text.decode("utf-16-le" if little else "utf-16-be", "replace").strip("\x00 ")
    return raw.removeprefix(ASCII_MARK).decode("utf-8", "replace").strip("\x00 ")


def webp_with_exif(data: bytes, payload: bytes, *, size: tuple[int, int], has_alpha: bool) -> bytes:
    """Put an EXIF chunk into a WebP file (a RIFF of chunks), replacing the one it has.

    A simple WebP has no room for metadata: it first becomes an extended one, which starts with
    a VP8X chunk of flags (EXIF 0x08, alpha 0x10) and the size minus one in 24 bits each.
    """
    payload = payload.removeprefix(EXIF_MARK)
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
