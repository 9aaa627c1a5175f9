"""Backgrounds: plain colours, pale washes and simple drawn scenes of 128 x 128 pixels.

Everything that varies moves in whole latent cells (8 pixels) and colours vary only a little: the
same thing then always gives the same latents, which is what lets so small a model learn it.
"""

from __future__ import annotations

import random
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageDraw

from worker.demo_model.vocabulary import COLOURS

SIZE = 128
CELL = 8
Colour = tuple[int, int, int]

WASHES: tuple[Colour, ...] = ((222, 234, 250), (252, 234, 214), (222, 244, 228), (248, 226, 240))
"""The pale grounds of a picture whose caption names none."""


def vary(colour: Colour, rng: random.Random, amount: int) -> Colour:
    """Return the colour with every channel moved by at most `amount`."""
    red, green, blue = (
        max(0, min(255, channel + rng.randint(-amount, amount))) for channel in colour
    )
    return red, green, blue


def gradient(top: Colour, bottom: Colour) -> Image.Image:
    """Return a picture that goes from one colour at the top to another at the bottom."""
    share = np.linspace(0, 1, SIZE)[:, None, None]
    rows = np.array(top) * (1 - share) + np.array(bottom) * share
    return Image.fromarray(np.repeat(rows.round().astype(np.uint8), SIZE, axis=1))


def plain(name: str, rng: random.Random) -> Image.Image:
    """Return a ground of a named colour, a little lighter at the top."""
    colour = vary(COLOURS[name], rng, 4)
    red, green, blue = (min(255, channel + 8) for channel in colour)
    return gradient((red, green, blue), colour)


def wash(rng: random.Random) -> Image.Image:
    """Return a pale ground, nearly white at the bottom."""
    return gradient(rng.choice(WASHES), (252, 252, 252))


def scene(name: str, rng: random.Random) -> Image.Image:
    """Return the named scene."""
    return _SCENES[name](rng)


def _cells(low: int, high: int, rng: random.Random) -> int:
    return rng.randrange(low, high + 1, CELL)


def _dots(
    draw: ImageDraw.ImageDraw, rng: random.Random, count: int, offset: int, colours: list[Colour]
) -> None:
    """Small stars, all at the same place within their cell."""
    for _ in range(count):
        x, y = (rng.randrange(SIZE // CELL) * CELL + offset for _ in "xy")
        radius = rng.choice((0, 1))
        draw.ellipse((x, y, x + radius, y + radius), fill=rng.choice(colours))


def _meadow(rng: random.Random) -> Image.Image:
    image = gradient(vary((110, 180, 245), rng, 3), vary((200, 230, 250), rng, 3))
    horizon = _cells(80, 88, rng)
    box = (-60, horizon, SIZE + 60, horizon + 160)
    ImageDraw.Draw(image).ellipse(box, fill=vary((96, 180, 70), rng, 3))
    return image


def _night(rng: random.Random) -> Image.Image:
    image = gradient(vary((10, 14, 50), rng, 3), vary((45, 45, 110), rng, 3))
    _dots(ImageDraw.Draw(image), rng, 22, 3, [(255, 255, 220)])
    return image


def _space(rng: random.Random) -> Image.Image:
    image = gradient(vary((8, 4, 20), rng, 3), vary((62, 14, 84), rng, 3))
    _dots(ImageDraw.Draw(image), rng, 26, 5, [(255, 255, 255), (160, 200, 255)])
    return image


def _beach(rng: random.Random) -> Image.Image:
    image = gradient(vary((120, 195, 250), rng, 3), vary((205, 235, 250), rng, 3))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 64, SIZE, 96), fill=vary((40, 130, 200), rng, 3))
    draw.rectangle((0, 92, SIZE, SIZE), fill=vary((240, 215, 150), rng, 3))
    return image


def _desert(rng: random.Random) -> Image.Image:
    image = gradient(vary((250, 200, 120), rng, 3), vary((255, 235, 190), rng, 3))
    draw = ImageDraw.Draw(image)
    draw.ellipse((-40, 80, 90, 200), fill=vary((225, 170, 95), rng, 3))
    draw.ellipse((40, 90, 190, 200), fill=vary((210, 150, 80), rng, 3))
    return image


def _sunset(rng: random.Random) -> Image.Image:
    image = gradient(vary((90, 50, 130), rng, 3), vary((255, 150, 70), rng, 3))
    draw = ImageDraw.Draw(image)
    left = rng.choice((12, 44, 76))
    draw.ellipse((left, 60, left + 40, 100), fill=vary((255, 215, 110), rng, 3))
    draw.rectangle((0, 96, SIZE, SIZE), fill=vary((60, 35, 80), rng, 3))
    return image


def _snow(rng: random.Random) -> Image.Image:
    image = gradient(vary((150, 180, 210), rng, 3), vary((215, 230, 245), rng, 3))
    draw = ImageDraw.Draw(image)
    draw.ellipse((-60, 88, SIZE + 60, 240), fill=(248, 250, 255))
    for _ in range(24):
        x, y = (rng.randrange(SIZE // CELL) * CELL + 3 for _ in "xy")
        draw.ellipse((x - 1, y - 1, x + 1, y + 1), fill=(255, 255, 255))
    return image


def _sea(rng: random.Random) -> Image.Image:
    image = gradient(vary((60, 170, 220), rng, 3), vary((10, 50, 120), rng, 3))
    draw = ImageDraw.Draw(image)
    for _ in range(9):
        x, y = (rng.randrange(SIZE // CELL) * CELL + 4 for _ in "xy")
        radius = rng.choice((2, 3))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), outline=(170, 220, 245))
    return image


def _forest(rng: random.Random) -> Image.Image:
    image = gradient(vary((70, 130, 80), rng, 3), vary((30, 80, 45), rng, 3))
    draw = ImageDraw.Draw(image)
    offset = rng.choice((0, 8, 16))
    for trunk in range(6):
        right = trunk * 24 + offset - 1
        draw.rectangle((right - 7, 0, right, 104), fill=vary((75, 52, 34), rng, 3))
    draw.rectangle((0, 104, SIZE, SIZE), fill=vary((50, 95, 40), rng, 3))
    return image


def _city(rng: random.Random) -> Image.Image:
    image = gradient(vary((150, 175, 205), rng, 3), vary((225, 225, 230), rng, 3))
    draw = ImageDraw.Draw(image)
    plan = rng.randrange(4)
    heights = (40, 72, 56, 80, 48, 64)
    left = 0
    for width in ((16, 24, 16, 24, 24, 24), (24, 16, 24, 24, 16, 24))[plan % 2]:
        roof = SIZE - 16 - heights[(left // CELL + plan) % len(heights)]
        draw.rectangle((left, roof, left + width - 2, SIZE), fill=vary((95, 105, 125), rng, 3))
        for y in range(roof + 4, SIZE - 20, 8):
            for x in range(left + 2, left + width - 5, 8):
                draw.rectangle((x, y, x + 2, y + 3), fill=(245, 225, 140))
        left += width
    draw.rectangle((0, SIZE - 16, SIZE, SIZE), fill=(70, 70, 76))
    return image


_SCENES: dict[str, Callable[[random.Random], Image.Image]] = {
    "meadow": _meadow,
    "night": _night,
    "space": _space,
    "beach": _beach,
    "desert": _desert,
    "sunset": _sunset,
    "snow": _snow,
    "sea": _sea,
    "forest": _forest,
    "city": _city,
}
