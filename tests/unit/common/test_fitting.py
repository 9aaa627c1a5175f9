"""Pictures made to fit a platform: its formats, its bytes, one where several would be."""

from io import BytesIO

import pytest
from PIL import Image

from bots.shared import sheet
from bots.shared.budget import Budget
from common import pictures
from common.errors import PictureError, PlatformBusy

JPEG_ONLY = frozenset({"image/jpeg"})


def noise(side=256, *, colour=None):
    image = Image.effect_noise((side, side), 90).convert("RGB")
    if colour:
        image = Image.new("RGB", (side, side), colour)
    return pictures.encode_webp(image, metadata=pictures.Metadata(parameters="a fox\nSteps: 1"))


def test_picture_that_fits_stays_as_it_is():
    data = noise()
    assert pictures.fitted(data, max_bytes=len(data)) == (data, "image/webp")


@pytest.mark.parametrize("formats", [frozenset(pictures.FORMATS.values()), JPEG_ONLY])
def test_picture_that_is_too_large_becomes_smaller_and_keeps_its_recipe(formats):
    data = noise()
    made, mime = pictures.fitted(data, max_bytes=len(data) // 3, formats=formats)
    assert len(made) <= len(data) // 3
    assert mime == ("image/jpeg" if formats == JPEG_ONLY else "image/webp")
    assert pictures.verify(made).mime == mime
    assert pictures.read_parameters(made) == "a fox\nSteps: 1"
    assert b"trainedAlgorithmicMedia" in made


def test_picture_that_cannot_fit_is_refused():
    with pytest.raises(PictureError):
        pictures.fitted(noise(), max_bytes=100)


@pytest.mark.parametrize(("count", "shape"), [(1, (1, 1)), (2, (2, 1)), (4, (2, 2)), (5, (3, 2))])
def test_grid_shows_all_pictures_side_by_side(count, shape):
    colours = [(250, 0, 0), (0, 250, 0), (0, 0, 250), (250, 250, 0), (0, 250, 250)][:count]
    whole = Image.open(BytesIO(sheet.grid([noise(200, colour=colour) for colour in colours])))
    assert whole.size == tuple(200 * n + sheet.SEAM * (n - 1) for n in shape)
    for number, colour in enumerate(colours):
        row, column = divmod(number, shape[0])
        at = whole.getpixel((column * 204 + 150, row * 204 + 150))
        assert all(abs(a - b) < 40 for a, b in zip(at, colour, strict=True))


def test_grid_is_not_larger_than_allowed():
    whole = Image.open(BytesIO(sheet.grid([noise(500) for _ in "1234"], longest=400)))
    assert max(whole.size) <= 400 + sheet.SEAM


def test_budget_says_when_there_is_room_again():
    now = [0.0]
    budget = Budget(2, 60, monotonic=lambda: now[0])
    budget.spend("x")
    now[0] = 20
    budget.spend("x")
    assert budget.left == 0
    with pytest.raises(PlatformBusy) as caught:
        budget.spend("x")
    assert caught.value.retry_after == 40
    now[0] = 60
    assert budget.left == 1
