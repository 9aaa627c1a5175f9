"""Plans of pictures: which subjects stand where on what ground, and drawing them.

Tidy plans know one place per kind of layout; varied ones also move the subject by 16 pixels. All
centres lie on whole latent cells.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from enum import Enum, auto

from PIL import Image

from worker.demo_model.training import grounds
from worker.demo_model.training.sprites import SpriteBook
from worker.demo_model.vocabulary import COLOURS, SCENES, SUBJECTS, UNKNOWN, Subject

CENTRE = grounds.SIZE // 2
STEP = 16
"""How far a varied layout moves its subject, in pixels."""


class Kind(Enum):
    """What is in a picture."""

    EMPTY = auto()
    SINGLE = auto()
    SMALL = auto()
    BIG = auto()
    PAIR = auto()
    STACK = auto()
    STRANGER = auto()


@dataclass(frozen=True, slots=True)
class Placed:
    """A subject with the centre and the side of its square, in pixels."""

    subject: Subject
    x: int
    y: int
    size: int


@dataclass(frozen=True, slots=True)
class Layout:
    """One picture: its kind, its subjects, and the colour or scene behind them (or neither)."""

    kind: Kind
    placed: tuple[Placed, ...]
    colour: str | None = None
    scene: str | None = None


SHARES: dict[Kind, float] = {
    Kind.EMPTY: 0.025,
    Kind.SINGLE: 0.52,
    Kind.SMALL: 0.10,
    Kind.BIG: 0.06,
    Kind.PAIR: 0.19,
    Kind.STACK: 0.055,
    Kind.STRANGER: 0.05,
}
_WEIGHTS = [subject.share for subject in SUBJECTS]


def plan(rng: random.Random, *, varied: bool = False) -> Layout:
    """Return a random layout; `varied` ones move single subjects and pairs."""
    kind = rng.choices(list(SHARES), list(SHARES.values()))[0]
    colour, scene = _ground(rng, needs_scene=kind is Kind.EMPTY)
    return Layout(kind, _place(kind, rng, varied=varied), colour, scene)


def loose(rng: random.Random) -> Layout:
    """Return a layout at any place and in any size, for the autoencoder alone."""
    colour, scene = _ground(rng, needs_scene=False)
    size = rng.randint(40, 116)
    margin = size // 2
    x, y = (rng.randint(margin, grounds.SIZE - margin) for _ in "xy")
    return Layout(Kind.SINGLE, (Placed(_subject(rng), x, y, size),), colour, scene)


def draw(layout: Layout, sprites: SpriteBook, rng: random.Random) -> Image.Image:
    """Return the layout as an RGB picture of 128 x 128 pixels."""
    if layout.colour is not None:
        image = grounds.plain(layout.colour, rng)
    elif layout.scene is not None:
        image = grounds.scene(layout.scene, rng)
    else:
        image = grounds.wash(rng)
    for placed in layout.placed:
        sprite = sprites.scaled(placed.subject, placed.size)
        corner = (placed.x - placed.size // 2, placed.y - placed.size // 2)
        image.paste(sprite, corner, sprite)
    return image


def _ground(rng: random.Random, *, needs_scene: bool) -> tuple[str | None, str | None]:
    chance = rng.random()
    if needs_scene or 0.40 <= chance < 0.78:
        return None, rng.choice(list(SCENES))
    if chance < 0.40:
        return rng.choice(list(COLOURS)), None
    return None, None


def _subject(rng: random.Random) -> Subject:
    return rng.choices(SUBJECTS, _WEIGHTS)[0]


def _place(kind: Kind, rng: random.Random, *, varied: bool) -> tuple[Placed, ...]:
    if kind is Kind.EMPTY:
        return ()
    if kind in (Kind.PAIR, Kind.STACK):
        return _place_two(kind, rng, varied=varied)
    x, size = CENTRE, {Kind.STRANGER: 80, Kind.BIG: 112, Kind.SMALL: 48}.get(kind)
    if kind is Kind.SMALL:
        x += rng.choice((-32, 0, 32))
    if size is None:
        size = rng.choice((80, 96, 96))
        x += rng.choice((-STEP, 0, STEP)) if varied else 0
    subject = UNKNOWN if kind is Kind.STRANGER else _subject(rng)
    return (Placed(subject, x, CENTRE, size),)


def _place_two(kind: Kind, rng: random.Random, *, varied: bool) -> tuple[Placed, Placed]:
    first = _subject(rng)
    if kind is Kind.STACK:
        second = _subject(rng)
        return Placed(first, CENTRE, CENTRE - 32, 56), Placed(second, CENTRE, CENTRE + 32, 56)
    second = first if rng.random() < 0.2 else _subject(rng)
    y = CENTRE + (rng.choice((0, STEP)) if varied else 0)
    return Placed(first, CENTRE - 32, y, 56), Placed(second, CENTRE + 32, y, 56)
