"""Reading and resolving a request: microseconds of pure computation."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from common.errors import Refusal
from common.reference import ModelReference
from request import grammar
from styles import library, stylelist
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.resolver import resolve
from styles.stylelist import StyleList
from tests.bench.figures import Figure, figure, repeat

REQUESTS = 300
MICRO = 1e6


def measure(runs: int) -> Iterator[Figure]:
    for name, stylelist_ in lists():
        reference = ModelReference.bundled()
        asked = (sorted(stylelist_.categories) + sorted(stylelist_.styles))[:REQUESTS]
        texts = [f"draw for me a fox in the snow style: {name} --n 4" for name in asked]

        def read(texts: list[str] = texts, list_: StyleList = stylelist_) -> None:
            for text in texts:
                request = grammar.read(text, list_.names)
                assert isinstance(request, ImageRequest)

        def draw(
            asked: list[str] = asked,
            list_: StyleList = stylelist_,
            reference: ModelReference = reference,
        ) -> None:
            for number, style in enumerate(asked):
                request = ImageRequest("a fox in the snow", style=style, n=4)
                try:
                    resolve(
                        request,
                        list_,
                        served=None,
                        reference=reference,
                        limits=Limits(),
                        rng_seed=number,
                    )
                except Refusal:
                    continue  # a category of adult styles

        size = f"{name} ({len(stylelist_.styles)} styles, {len(stylelist_.categories)} categories)"
        yield _each(f"reading a request, {size}", runs, read, len(asked))
        yield _each(f"resolving it to jobs, {size}", runs, draw, len(asked))


def _each(what: str, runs: int, action: Callable[[], None], count: int) -> Figure:
    action()
    return figure(what, [MICRO * seconds / count for seconds in repeat(runs, action)], "µs")


def lists() -> Iterator[tuple[str, StyleList]]:
    """Yield the bundled list, and the public one if STYLELIST_DIR says where it lies."""
    bundled = Path(library.__file__).parent / "bundled" / "general"
    yield "bundled list", stylelist.merge([stylelist.load_folder(bundled)])
    public = os.environ.get("STYLELIST_DIR")
    if public:
        yield "public list", stylelist.merge([stylelist.load_folder(Path(public))])
