"""The contact sheet: where pictures lie on it, and what stands in for one that did not come."""

from io import BytesIO

import pytest
from PIL import Image

from bots.shared.sheet import CELL, GAP, PAPER, TALLEST, Cell, contact_sheet

RED, BLUE = (250, 10, 10), (10, 10, 250)


def picture(colour, size=(512, 512)):
    buffer = BytesIO()
    Image.new("RGB", size, colour).save(buffer, "PNG")
    return buffer.getvalue()


def sheet(rows, columns, cells):
    return Image.open(BytesIO(contact_sheet(rows, columns, cells))).convert("RGB")


def corner(made, columns, rows):
    """Where the first cell of the sheet begins."""
    return made.width - columns * (CELL + GAP), made.height - rows * (CELL + GAP)


def test_pictures_lie_in_their_row_and_column():
    cells = [[Cell(picture(RED)), Cell(picture(BLUE))], [Cell(picture(BLUE)), Cell(picture(RED))]]
    made = sheet(["a", "b"], ["one", "two"], cells)
    left, top = corner(made, 2, 2)
    centres = [CELL // 2, CELL + GAP + CELL // 2]
    found = [[made.getpixel((left + x, top + y)) for x in centres] for y in centres]
    assert found == [[RED, BLUE], [BLUE, RED]]


def test_a_picture_keeps_its_shape():
    made = sheet(["a"], ["one"], [[Cell(picture(RED, (1024, 512)))]])
    left, top = corner(made, 1, 1)
    assert made.getpixel((left + 2, top + CELL // 2)) == RED
    assert made.getpixel((left + 2, top + 2)) == PAPER


def test_rows_and_columns_have_labels():
    cells = [[Cell(picture(RED))]]
    with_labels, without = sheet(["a style"], ["a fox"], cells), sheet([""], [""], cells)
    left, top = corner(with_labels, 1, 1)
    for area in ((0, top, left, with_labels.height), (left, 0, with_labels.width, top)):
        assert len(with_labels.crop(area).getcolors(10_000)) > 1
    assert without.crop((0, 0, left, without.height)).getcolors() == [
        (left * without.height, PAPER)
    ]


@pytest.mark.parametrize("cell", [Cell(reason="Nobody makes it."), Cell(b"no picture")])
def test_what_did_not_come_is_an_empty_cell_with_the_reason(cell):
    made = sheet(["a"], ["one"], [[cell]])
    left, top = corner(made, 1, 1)
    colours = made.crop((left, top, left + CELL, top + CELL)).getcolors(10_000)
    assert len(colours) > 2
    assert max(colours)[1] != PAPER


def test_a_long_reason_stays_in_its_cell():
    cells = [[Cell(reason="x" * 5000), Cell(picture(BLUE))]]
    made = sheet(["a"], ["one", "two"], cells)
    left, top = corner(made, 2, 1)
    assert made.crop((left + CELL, top, left + CELL + GAP, made.height)).getcolors() == [
        (GAP * (made.height - top), PAPER)
    ]
    assert made.crop((left, top + CELL, made.width, made.height)).getcolors() == [
        ((made.width - left) * GAP, PAPER)
    ]


def test_cells_shrink_where_there_are_many_rows():
    small = picture(RED, (64, 64))
    made = sheet(["a"] * 100, ["one"], [[Cell(small)]] * 100)
    assert TALLEST < made.height + 100 * GAP < 1.2 * TALLEST


def test_the_sheet_says_that_it_is_made_by_a_machine():
    assert b"trainedAlgorithmicMedia" in contact_sheet(["a"], ["b"], [[Cell(picture(RED))]])


def test_an_empty_sheet_is_a_picture_too():
    assert contact_sheet([], ["a"], []).startswith(b"\x89PNG")
