"""Several pictures as one: a contact sheet with labels, or a plain grid with numbers. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from io import BytesIO
from math import ceil

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from common import pictures
from common.errors import PictureError

CELL = 320
"""Pixels of a cell's side, if there are not too many rows."""
SMALLEST_CELL = 96
TALLEST = 16_000
"""Pixels of a sheet's height, as far as cells may shrink for it."""
GAP = 12
LABEL_WIDTH = 200
LABEL_SIZE = 18
REASON_SIZE = 14
LONGEST_TEXT = 1000
LINE = 1.3
"""Height of a line of text, in letter heights."""
PAPER = (250, 250, 248)
INK = (32, 32, 36)
EMPTY = (226, 226, 222)
FAINT = (110, 60, 60)

LONGEST_GRID = 2048
"""Pixels of a grid's longer side."""
SEAM = 4
"""Pixels between the pictures of a grid."""
NUMBER_SIZE = 36

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


@dataclass(frozen=True, slots=True)
class Cell:
    """A picture (bytes of WebP, PNG or JPEG), or the reason why there is none."""

    picture: bytes | None = None
    reason: str = ""
    file: str = ""
    """Name of the picture's own file, if it was written."""


def contact_sheet(
    rows: Sequence[str], columns: Sequence[str], cells: Sequence[Sequence[Cell]]
) -> bytes:
    """Return a PNG with a label at each row and column, and the cells row by row.

    Pictures keep their shape. Bytes that are no picture become an empty cell with the reason.
    """
    fitting = (TALLEST // max(1, len(rows))) - GAP
    side = max(SMALLEST_CELL, min(CELL, fitting))
    font = ImageFont.load_default(LABEL_SIZE)
    heads = [_wrapped(label, font, side) for label in columns]
    top = GAP + round(max((len(lines) for lines in heads), default=0) * LABEL_SIZE * LINE) + GAP
    left = GAP + LABEL_WIDTH + GAP
    size = (left + len(columns) * (side + GAP), top + len(rows) * (side + GAP))
    sheet = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, lines in enumerate(heads):
        _write(draw, (left + number * (side + GAP), GAP), lines, font, INK)
    for number, (label, row) in enumerate(zip(rows, cells, strict=True)):
        y = top + number * (side + GAP)
        _write(draw, (GAP, y), _wrapped(label, font, LABEL_WIDTH, side), font, INK)
        for place, cell in enumerate(row):
            _place(sheet, draw, (left + place * (side + GAP), y), side, cell)
    return _encoded(sheet)


def grid(shown: Sequence[bytes], *, longest: int = LONGEST_GRID) -> bytes:
    """Return a WebP with all pictures side by side, each with its number, from 1.

    For platforms that take one picture a post. Raises PictureError if one is no picture.
    """
    opened = [pictures.decode(data).convert("RGB") for data in shown]
    columns = ceil(len(opened) ** 0.5)
    rows = ceil(len(opened) / columns)
    widest = max(image.width for image in opened)
    highest = max(image.height for image in opened)
    scale = min(1.0, longest / (columns * widest), longest / (rows * highest))
    cell = (max(1, round(widest * scale)), max(1, round(highest * scale)))
    size = (columns * (cell[0] + SEAM) - SEAM, rows * (cell[1] + SEAM) - SEAM)
    whole = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(whole)
    for number, image in enumerate(opened):
        row, column = divmod(number, columns)
        corner = (column * (cell[0] + SEAM), row * (cell[1] + SEAM))
        image.thumbnail(cell)
        middle = tuple(
            start + (room - side) // 2
            for start, room, side in zip(corner, cell, image.size, strict=True)
        )
        whole.paste(image, middle)
        _number(draw, corner, number + 1, min(NUMBER_SIZE, cell[1] // 4))
    return pictures.encode_webp(whole, quality=90)


def _number(draw: ImageDraw.ImageDraw, corner: tuple[int, int], number: int, size: int) -> None:
    """Write a number on a dark patch in a corner."""
    font = ImageFont.load_default(max(size, 8))
    box = draw.textbbox((corner[0] + 8, corner[1] + 6), str(number), font=font)
    draw.rectangle((corner[0], corner[1], box[2] + 8, box[3] + 6), fill=INK)
    draw.text((corner[0] + 8, corner[1] + 6), str(number), font=font, fill=PAPER)


def _place(
    sheet: Image.Image, draw: ImageDraw.ImageDraw, corner: tuple[int, int], side: int, cell: Cell
) -> None:
    """Put a picture into its cell, in the middle, or the reason why there is none."""
    x, y = corner
    reason = cell.reason
    if cell.picture is not None:
        try:
            picture = pictures.decode(cell.picture).convert("RGB")
        except PictureError as error:
            reason = str(error)
        else:
            picture.thumbnail((side, side))
            middle = (x + (side - picture.width) // 2, y + (side - picture.height) // 2)
            sheet.paste(picture, middle)
            return
    draw.rectangle((x, y, x + side - 1, y + side - 1), fill=EMPTY)
    font = ImageFont.load_default(REASON_SIZE)
    inside = side - 2 * GAP
    _write(draw, (x + GAP, y + GAP), _wrapped(reason, font, inside, inside), font, FAINT)


def _write(
    draw: ImageDraw.ImageDraw,
    corner: tuple[int, int],
    lines: Sequence[str],
    font: Font,
    colour: tuple[int, int, int],
) -> None:
    height = _line_height(font)
    for number, line in enumerate(lines):
        draw.text((corner[0], corner[1] + number * height), line, font=font, fill=colour)


def _wrapped(text: str, font: Font, width: int, height: int | None = None) -> list[str]:
    """Return the text in lines that fit the width, and no more of them than fit the height."""
    lines = [""]
    for word in text[:LONGEST_TEXT].split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width:
            lines[-1] = longer
            continue
        if lines[-1]:
            lines.append("")
        lines[-1:] = _pieces(word, font, width)
    most = len(lines) if height is None else max(1, height // _line_height(font))
    if len(lines) > most:
        lines = [*lines[: most - 1], f"{lines[most - 1][:-1]}…"]
    return lines


def _pieces(word: str, font: Font, width: int) -> Iterator[str]:
    """Yield a word in pieces that fit the width, of at least one letter."""
    while word:
        ends = range(1, len(word) + 1)
        fits = max(1, bisect_right(ends, width, key=partial(_length, word, font)))
        yield word[:fits]
        word = word[fits:]


def _length(word: str, font: Font, end: int) -> int:
    return ceil(font.getlength(word[:end]))


def _line_height(font: Font) -> int:
    size = font.size if isinstance(font, ImageFont.FreeTypeFont) else LABEL_SIZE
    return round(size * LINE)


def _encoded(sheet: Image.Image) -> bytes:
    about = PngInfo()
    about.add_itxt("XML:com.adobe.xmp", pictures.XMP_AI_MADE.decode("ascii"))
    buffer = BytesIO()
    sheet.save(buffer, "PNG", pnginfo=about)
    return buffer.getvalue()
