"""The data stage: pictures, captions and the tokenizer, all made here from the vocabulary."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from worker.demo_model.training import grounds, layouts, styles
from worker.demo_model.training.captions import caption
from worker.demo_model.training.folder import WorkFolder, write_whole
from worker.demo_model.training.progress import Progress
from worker.demo_model.training.sprites import SpriteBook
from worker.demo_model.training.tokens import make_tokenizer

STAGE = "data"
VARIANTS = 4
"""Captions made for each picture."""
Pictures = NDArray[np.uint8]


def make_data(folder: WorkFolder, font: Path, counts: tuple[int, int, int]) -> None:
    """Write `counts` tidy, varied and extra pictures, the captions and the tokenizer."""
    tidy, varied, extra = counts
    rng = random.Random(11)
    sprites = SpriteBook(font)
    captions: list[list[str]] = []

    def composed(index: int) -> Image.Image:
        layout = layouts.plan(rng, varied=index >= tidy)
        captions.append([caption(layout, rng) for _ in range(VARIANTS)])
        return layouts.draw(layout, sprites, rng)

    def loose_or_styled(index: int) -> Image.Image:
        if index % 3 == 0:
            return layouts.draw(layouts.loose(rng), sprites, rng)
        plain = layouts.draw(layouts.plan(rng, varied=rng.random() < 0.3), sprites, rng)
        return styles.STYLES[rng.choice(styles.AUTOENCODER_MIX)](plain)

    pictures = _pictures(folder.pictures, tidy + varied, composed)
    extras = _pictures(folder.extras, extra, loose_or_styled)
    content = {"tidy": tidy, "captions": captions}
    write_whole(folder.captions, json.dumps(content, ensure_ascii=False).encode())
    contact_sheet(pictures[:48]).save(folder.root / "pictures.png")
    contact_sheet(extras[:48]).save(folder.root / "extras.png")
    if not folder.tokenizer.exists():  # an earlier model brings its own
        make_tokenizer(folder.tokenizer)
    folder.finish(STAGE, tidy=tidy, varied=varied, extra=extra)


def contact_sheet(pictures: Pictures, columns: int = 12) -> Image.Image:
    """Pictures (N x H x W x 3) side by side in rows; an unfinished last row is left out."""
    starts = range(0, len(pictures) - columns + 1, columns)
    rows = [np.concatenate(list(pictures[start : start + columns]), axis=1) for start in starts]
    return Image.fromarray(np.concatenate(rows, axis=0))


def _pictures(path: Path, count: int, make: Callable[[int], Image.Image]) -> Pictures:
    pictures: Pictures = np.empty((count, grounds.SIZE, grounds.SIZE, 3), np.uint8)
    with Progress(f"data {path.stem}", count, "pictures") as progress:
        for index in range(count):
            pictures[index] = np.asarray(make(index))
            progress.show(index + 1)
    temporary = path.with_suffix(".new.npy")
    np.save(temporary, pictures)
    temporary.replace(path)
    return pictures
