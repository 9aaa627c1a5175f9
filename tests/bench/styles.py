"""Reading and resolving a request: microseconds of pure computation."""

from __future__ import annotations

import json
import os
import statistics
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from common.errors import Refusal
from common.horde.wire import generation_body
from common.reference.models import ModelReference
from request import grammar
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.lists import library, stylelist
from styles.lists.stylelist import StyleList
from styles.resolving.resolver import resolve
from tests.bench.figures import Figure, figure, repeat, timed

MICRO = 1e6
MILLI = 1e3


def measure(runs: int) -> Iterator[Figure]:
    for name, folder in folders():
        list_ = stylelist.merge([stylelist.load_folder(folder)])
        size = f"{name} ({len(list_.styles)} styles, {len(list_.categories)} categories)"
        yield from _requests(list_, size, runs)
        yield from _lists(folder, list_, size, runs)


def _requests(list_: StyleList, size: str, runs: int) -> Iterator[Figure]:
    """Measure each style and category as a request of its own; the median of those counts."""
    reference = ModelReference.bundled()
    asked = (*sorted(list_.categories), *sorted(list_.styles))
    texts = [f"draw for me a fox in the snow style: {name} --n 4" for name in asked]

    def read(text: str) -> None:
        assert isinstance(grammar.read(text, list_.names), ImageRequest)

    def draw(style: str) -> None:
        try:
            resolve(
                ImageRequest("a fox in the snow", style=style, n=4),
                list_,
                served=None,
                reference=reference,
                limits=Limits(),
                rng_seed=7,
            )
        except Refusal:
            return  # adult styles

    def whole(text: str) -> None:
        request = grammar.read(text, list_.names)
        assert isinstance(request, ImageRequest)
        try:
            found = resolve(
                request,
                list_,
                served=None,
                reference=reference,
                limits=Limits(nsfw=True),
                rng_seed=7,
            )
        except Refusal:
            return
        json.dumps([generation_body(job).body() for job in found.jobs])

    yield _medians(f"reading a request, {size}", runs, read, texts)
    yield _medians(f"resolving it to jobs, {size}", runs, draw, asked)
    yield _medians(f"from words to the bodies that are sent, {size}", runs, whole, texts)


def _lists(folder: Path, list_: StyleList, size: str, runs: int) -> Iterator[Figure]:
    def load() -> None:
        stylelist.merge([stylelist.load_folder(folder)]).names  # noqa: B018  (built on first use)

    seconds = repeat(runs, load)
    yield figure(f"loading and checking the list, {size}", [MILLI * s for s in seconds], "ms")
    typed = ["", "s", "st", "punk", "cyb", "water", "sdxl", "zz", "watercolr", "a n"]
    yield _medians(f"completing a style's name, {size}", runs, list_.names.complete, typed)


def _medians(
    what: str, runs: int, action: Callable[[str], object], inputs: Sequence[str]
) -> Figure:
    """Return the median over the inputs, of each run."""
    for one in inputs:
        action(one)
    medians = []
    for _ in range(runs):
        seconds: list[float] = []
        for one in inputs:
            with timed(seconds):
                action(one)
        medians.append(MICRO * statistics.median(seconds))
    return figure(what, medians, "µs")


def folders() -> Iterator[tuple[str, Path]]:
    """Yield the bundled list, and the public one if STYLELIST_DIR says where it lies."""
    yield "bundled list", Path(library.__file__).parent / "bundled" / "general"
    public = os.environ.get("STYLELIST_DIR")
    if public:
        yield "public list", Path(public)
