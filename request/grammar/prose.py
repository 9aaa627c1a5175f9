"""What the words of a prompt say besides what is to be drawn: how many, what shape, what not."""

from __future__ import annotations

import re
from dataclasses import replace

from common.model import Note
from request.grammar.values import clamped
from request.grammar.words import Words
from styles.image_request import ImageRequest
from styles.limits import Limits
from styles.names import NameIndex
from styles.notes import changed, told

_AT_END = r"(?<=[\s,])(?:(?:in|at)\s+)?{}\s*\Z"
_SIZE = re.compile(_AT_END.format(r"(?P<asked>(\d{3,4})\s?[x×]\s?(\d{3,4}))"), re.IGNORECASE)
_RATIO = re.compile(
    _AT_END.format(
        r"(?P<asked>(1:1|2:3|3:2|3:4|4:3|4:5|5:4|9:16|16:9|9:21|21:9))(?:\s+(?:aspect\s+)?ratio)?"
    ),
    re.IGNORECASE,
)
_BEFORE_STYLE = re.compile(
    r"\b(?:in|with)\s+(?:an?\s+|the\s+)?((?:[\w'-]{1,30}\s+){0,2}[\w'-]{1,30})[\s-]+style\b",
    re.IGNORECASE,
)
_BEHIND_STYLE = re.compile(r"\bstyle\s+((?:[\w'-]{1,30}\s+){0,2}[\w'-]{1,30})\W*\Z", re.IGNORECASE)


def take_count(text: str, words: Words, limits: Limits) -> tuple[str, int | None, tuple[Note, ...]]:
    """Return a prompt without the pictures counted at its start, how many, and what is to be told.

    "4 pictures of cats" are four pictures; "4 cats" are one of four cats.
    """
    found = words.counted.match(text)
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
    for pattern, option in ((_SIZE, "size"), (_RATIO, "ar")):
        found = pattern.search(request.prompt)
        if found is None:
            continue
        prompt = request.prompt[: found.start()].rstrip(" ,\n\t")
        note = changed("note.read_as", words=found["asked"], used=f"--{option} {found['asked']}")
        shaped = replace(request, prompt=prompt, notes=(*request.notes, note))
        if option == "size":
            return replace(shaped, size=(int(found[2]), int(found[3])))
        width, _, height = found[2].partition(":")
        return replace(shaped, ratio=(float(width), float(height)))
    return request


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
