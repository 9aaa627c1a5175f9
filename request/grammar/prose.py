"""What the words of a prompt say besides what is to be drawn: how many, what shape, what not."""

from __future__ import annotations

import re
from dataclasses import replace

from common.model import Note
from request.grammar.values import SHAPES, clamped
from request.grammar.words import Words
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex
from styles.notes import changed, told

_AT_END = r"(?<=[\s,])(?:(?:in|at)\s+)?{}\s*\Z"
_SIZE = re.compile(_AT_END.format(r"(?P<asked>(\d{3,5})\s?[x×]\s?(\d{3,5}))"), re.IGNORECASE)
_RATIO = re.compile(
    _AT_END.format(
        r"(?P<asked>(1:1|2:3|3:2|3:4|4:3|4:5|5:4|9:16|16:9|9:21|21:9))(?:\s+(?:aspect\s+)?ratio)?"
    ),
    re.IGNORECASE,
)
_LONGEST_SHAPE = 60
"""Characters at the end of a text in which a shape is looked for."""
_SHAPE = re.compile(
    r"(?<=[\s,])(?:(?:in|as)\s+(?:an?\s+)?)?(?P<asked>(portrait|vertical|landscape|horizontal|square"
    r"|wide|tall)\s+(?:orientation|format|mode|shape|layout|aspect(?:\s+ratio)?))\s*\Z",
    re.IGNORECASE,
)
_SHAPE_SAID = re.compile(
    r"[,\n]\s*(portrait|vertical|landscape|horizontal|square|wide|tall)\s+(?:please|pls|plz)\W*\Z",
    re.IGNORECASE,
)
"""A lone `portrait` may be what is to be seen; with a please it is how the picture is to be."""
_TURNED = {"vertical": "portrait", "horizontal": "landscape"}
_TIMES_BEFORE = re.compile(r"\s*([2-9]|1\d|20)x\s+(?=(?:an?|the)\s)")
_TIMES_BEHIND = re.compile(r"(?<=\w)\s+x([2-9])\Z")
_BEFORE_STYLE = re.compile(
    r"\b(?:in|with)\s+(?:an?\s+|the\s+)?((?:[\w'-]{1,30}\s+){0,2}[\w'-]{1,30})[\s-]+style\b",
    re.IGNORECASE,
)
_BEHIND_STYLE = re.compile(r"\bstyle\s+((?:[\w'-]{1,30}\s+){0,2}[\w'-]{1,30})\W*\Z", re.IGNORECASE)


def take_count(text: str, words: Words, limits: Limits) -> tuple[str, int | None, tuple[Note, ...]]:
    """Return a prompt without the pictures counted at its start, how many, and what is to be told.

    "4 pictures of cats" are four pictures; "4 cats" are one of four cats.
    """
    found = words.counted.match(text) or _TIMES_BEFORE.match(text)
    if found is None:
        return text, None, ()
    count = int(found[1]) if found[1].isdecimal() else words.numbers[found[1].casefold()]
    if count == 1:
        return text, None, ()
    asked = " ".join(found[0].split())
    used, notes = clamped("n", str(count), count, (1, limits.max_pictures))
    notes = (changed("note.counted", words=asked, used=count), *notes)
    return text[found.end() :], round(used), notes


def take_shape(request: ImageRequest) -> ImageRequest:
    """Return a request whose prompt ended in a size or shape, with that as what it is."""
    if request.size is not None or request.ratio is not None:
        return request
    for pattern, option in ((_SIZE, "size"), (_RATIO, "ar"), (_SHAPE, "ar")):
        found = pattern.search(request.prompt)
        if found is None:
            continue
        prompt = request.prompt[: found.start()].rstrip(" ,\n\t")
        said = found["asked"]
        if pattern is _SHAPE:
            said = _TURNED.get(found[2].casefold(), found[2].casefold())
        note = changed("note.read_as", words=found["asked"], used=f"--{option} {said}")
        shaped = replace(request, prompt=prompt, notes=(*request.notes, note))
        if option == "size":
            return replace(shaped, size=(int(found[2]), int(found[3])))
        width, _, height = SHAPES.get(said, found[2]).partition(":")
        return replace(shaped, ratio=(float(width), float(height)))
    return request


def with_shape_said(text: str) -> str:
    """Return a text in which a shape that somebody asks for politely is named as one."""
    found = _SHAPE_SAID.search(text, max(0, len(text) - _LONGEST_SHAPE))
    return text if found is None else f"{text[: found.start()]}, {found[1]} format"


def take_times(request: ImageRequest, limits: Limits) -> ImageRequest:
    """Return a request for so many pictures as the end of its prompt says: `a frog x4`."""
    found = _TIMES_BEHIND.search(request.prompt)
    if found is None or request.n is not None or request.upscale is not None:
        return request
    used, notes = clamped("n", found[1], int(found[1]), (1, limits.max_pictures))
    notes = (changed("note.counted", words=f"x{found[1]}", used=found[1]), *notes)
    prompt = request.prompt[: found.start()]
    return replace(request, prompt=prompt, n=round(used), notes=(*request.notes, *notes))


def advise(request: ImageRequest, names: NameIndex, words: Words) -> ImageRequest:
    """Return a request with notes on what its words will probably not do as they stand."""
    notes = list(request.notes)
    if request.style is None and (name := _style_meant(request.prompt, names)):
        notes.append(told("note.style_meant", name=name))
    if not request.negative and (found := words.lacking.search(request.prompt)):
        notes.append(told("note.lacking", words=found[0], thing=found[1]))
    return replace(request, notes=tuple(notes))


def _style_meant(prompt: str, names: NameIndex) -> str | None:
    """Return the style that a prompt names in its words."""
    for pattern in (_BEFORE_STYLE, _BEHIND_STYLE):
        for found in pattern.finditer(prompt):
            parts = found[1].split()
            tails = (" ".join(parts[first:]) for first in range(len(parts)))
            known = next((name for tail in tails if (name := names.get(tail))), None)
            if known is not None:
                return known
    return None
