"""The table of options. A new one is a new row."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

from rapidfuzz import fuzz, process

from request.grammar import assets, habits, known, values
from request.grammar.values import Take
from styles.image_request import Painting
from styles.limits import CFG_RANGE, CLIP_SKIP_RANGE, STRENGTH_RANGE


@dataclass(frozen=True, slots=True)
class Option:
    """An option: its names, how its value is read, and when a single dash is enough."""

    names: tuple[str, ...]
    take: Take
    example: str
    single: str | None = None
    """Pattern of what must follow `-name` for it to be the option; None: never."""
    listed: bool = True
    """Whether help and suggestions name it."""


_WORD = r"[^\S\n]*=?[^\S\n]*\S"
_NUMBER = r"[^\S\n]*=?[^\S\n]*[+-]?[.,]?\d[\d.,]*(?!\w)"
_PAIR = r"[^\S\n]*=?[^\S\n]*\d[\d.]*\s*[:/x×*：]\s*\d"
_NOTHING = r"(?![\w=])"
_MAYBE = r"(?!\w)"
_VALUE = r"[+-]?[\d.,]+"
_PICTURES = r"(?:https?://\S+|\d+(?:::[\d.]+)?)"
_REFERENCE = rf"(?:{_PICTURES}|random)(?:[^\S\n]+{_PICTURES})*"
_CODE = r"(?=\S*\d)[a-z\d]+"

OPTIONS: tuple[Option, ...] = (
    Option(("style",), known.style, "--style raw", _WORD),
    Option(("no",), values.negative, "--no text, people", _WORD),
    Option(
        ("n", "repeat"),
        values.number("n", lambda limits: (1, limits.max_pictures), whole=True),
        "--n 4",
        _NUMBER,
    ),
    Option(("seed",), values.seed, "--seed 42", _NUMBER),
    Option(("ar", "aspect"), values.ratio("ratio"), "--ar 16:9", _PAIR),
    Option(("size",), values.size("size"), "--size 512x768", _PAIR),
    Option(("width",), values.side("width"), "--width 512 --height 768", _NUMBER, listed=False),
    Option(("height",), values.side("height"), "--width 512 --height 768", _NUMBER, listed=False),
    Option(
        ("steps",),
        values.number("steps", lambda limits: (1, limits.max_steps), whole=True),
        "--steps 30",
        _NUMBER,
    ),
    Option(
        ("cfg",),
        values.number("cfg_scale", lambda _limits: CFG_RANGE, whole=False),
        "--cfg 7.5",
        _NUMBER,
    ),
    Option(("sampler",), known.sampler, "--sampler k_euler", _WORD),
    Option(("karras",), values.flag("karras", True), "--karras", _NOTHING),
    Option(("no-karras",), values.flag("karras", False), "--no-karras", _NOTHING),
    Option(
        ("clip-skip",),
        values.number("clip_skip", lambda _limits: CLIP_SKIP_RANGE, whole=True),
        "--clip-skip 2",
        _NUMBER,
    ),
    Option(("model",), known.model, "--model stable_diffusion", _WORD),
    Option(("tile",), values.flag("tiling", True), "--tile", _NOTHING),
    Option(("hires",), values.flag("hires_fix", True), "--hires", _NOTHING),
    Option(("lora",), assets.lora, "--lora 43944:0.8", _WORD),
    Option(("ti",), assets.ti, "--ti 72437:0.8", _WORD),
    Option(
        ("strength",),
        values.number("strength", lambda _limits: STRENGTH_RANGE, whole=False),
        "--strength 0.6",
        _NUMBER,
    ),
    Option(("inpaint",), values.flag("painting", Painting.INPAINT), "--inpaint", _NOTHING),
    Option(("outpaint",), values.flag("painting", Painting.OUTPAINT), "--outpaint", _NOTHING),
    Option(("blend",), values.flag("painting", Painting.BLEND), "--blend", _NOTHING),
    Option(("control",), known.control, "--control canny", _WORD),
    Option(("upscale",), known.upscale, "--upscale", _MAYBE),
    Option(("fix-faces",), values.flag("fix_faces", True), "--fix-faces", _NOTHING),
    Option(("no-background",), values.flag("no_background", True), "--no-background", _NOTHING),
    Option(("price",), values.flag("price", True), "--price", _NOTHING),
    Option(("private",), values.flag("private", True), "--private", _NOTHING),
    Option(("spoiler",), values.flag("spoiler", True), "--spoiler", _NOTHING),
    # Midjourney's habits
    Option(
        ("q", "quality"),
        values.number("quality", lambda _limits: (0.25, 4.0), whole=False),
        "--q 2",
        listed=False,
    ),
    Option(
        ("iw",),
        values.number(
            "strength",
            lambda _limits: habits.IMAGE_WEIGHTS,
            whole=False,
            convert=habits.strength_of,
        ),
        "--iw 1",
        listed=False,
    ),
    Option(("niji",), habits.set_style("anime", r"\d[\d.]*"), "--niji", listed=False),
    Option(("raw",), habits.set_style("raw", ""), "--raw", listed=False),
    Option(
        (
            *("v", "version", "s", "stylize", "c", "chaos", "w", "weird", "stop", "exp"),
            *("sw", "cw", "ow", "dw", "sv", "bs"),
        ),
        habits.ignored(_VALUE),
        "--v 6",
        listed=False,
    ),
    Option(("sref", "cref", "oref", "dref"), habits.ignored(_REFERENCE), "--sref 42", listed=False),
    Option(("p", "profile"), habits.ignored(_CODE), "--p k3ymhbd", listed=False),
    Option(
        (
            *("fast", "relax", "turbo", "draft", "hd", "public", "creative", "test", "testp"),
            *("uplight", "upbeta", "upanime"),
        ),
        habits.ignored(""),
        "--fast",
        listed=False,
    ),
)

BY_NAME: Mapping[str, Option] = {name: option for option in OPTIONS for name in option.names}
_SINGLE = {
    name: re.compile(option.single) for name, option in BY_NAME.items() if option.single is not None
}
_LISTED = tuple(name for option in OPTIONS if option.listed for name in option.names)
_MOST_NEAREST = 3
_NEAR = 50.0
"""Likeness (of 100) from which an unknown option may have been meant as one."""


def reads_well(name: str, text: str, end_of_name: int) -> bool:
    """Tell whether `-name` with what follows it is an option and not prose."""
    pattern = _SINGLE.get(name)
    return pattern is not None and pattern.match(text, end_of_name) is not None


def nearest(name: str) -> tuple[str, ...]:
    """Return the options an unknown one may have been meant to be, likeliest first."""
    begin = [known for known in _LISTED if name.startswith(known) or known.startswith(name)]
    ranked = process.extract(name, _LISTED, scorer=fuzz.ratio, limit=None)
    near = [known for known, score, _index in ranked if score >= _NEAR] or [ranked[0][0]]
    likely = sorted(dict.fromkeys((*begin, *near)), key=partial(fuzz.ratio, name), reverse=True)
    return tuple(f"--{known}" for known in likely[:_MOST_NEAREST])
