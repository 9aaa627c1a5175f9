"""The request that a follow-up makes of an earlier one. Pure."""

from __future__ import annotations

import re
from dataclasses import fields, replace

from common.horde.wire_names import UPSCALERS
from request.grammar.changes import COLOURS, any_article, any_colour, other_colour
from request.grammar.clean import UNSPACED
from request.grammar.results import FollowUp, FollowUpKind
from styles.image_request import ImageRequest, Painting

VARY_STRENGTH = 0.6
"""How far `vary` changes a picture if nobody says."""
UPSCALE_STRENGTH = 0.1
"""How far `upscale` does: enough for details, too little for another picture."""


def apply(follow_up: FollowUp, parent: ImageRequest) -> ImageRequest:
    """Return the request a follow-up makes of an earlier one (`info` asks for none: the same).

    VARY, UPSCALE and ZOOM start from a picture of the answer, which the caller puts in as
    `source_picture`: here they get everything else. All leave out what was done with an earlier
    source picture, and the seed; shape (but of ZOOM), style and options stay. VARY makes as many
    pictures as the place does by itself, the others one. An EDIT that names addresses starts from
    those.
    """
    earlier = replace(parent, notes=follow_up.notes, enlarge=False)
    match follow_up.kind:
        case FollowUpKind.AGAIN:
            return _edited(replace(earlier, seed=None), follow_up)
        case FollowUpKind.STYLE:
            return replace(earlier, style=follow_up.style)
        case FollowUpKind.EDIT | FollowUpKind.SAME_SEED:
            return _edited(earlier, follow_up)
        case FollowUpKind.VARY | FollowUpKind.UPSCALE | FollowUpKind.ZOOM:
            return _from_picture(follow_up, earlier)
        case _:
            return earlier


def _from_picture(follow_up: FollowUp, earlier: ImageRequest) -> ImageRequest:
    image = _without_source(earlier)
    match follow_up.kind:
        case FollowUpKind.UPSCALE:
            upscaler = earlier.upscale or UPSCALERS[0]
            larger = replace(image, n=1, strength=UPSCALE_STRENGTH, upscale=upscaler)
            return replace(larger, enlarge=not (image.fix_faces or image.no_background))
        case FollowUpKind.ZOOM:
            bare = replace(image, ratio=None, size=None, upscale=None)
            return replace(bare, n=1, strength=None, painting=Painting.OUTPAINT)
        case _:
            strength = VARY_STRENGTH if follow_up.strength is None else follow_up.strength
            return replace(image, n=None, strength=strength)


def _edited(earlier: ImageRequest, follow_up: FollowUp) -> ImageRequest:
    """Return an earlier request with what a follow-up names instead, or adds to its prompt."""
    edit = follow_up.edit
    if edit is None:
        return earlier
    if follow_up.adds:
        kept = _without_things(earlier.prompt, edit.negative)
        prompt = _with_instead(kept, follow_up.replaces, edit.prompt)
        away = ""
        if prompt is None:
            prompt = ", ".join(filter(None, (kept, edit.prompt)))
            away = follow_up.replaces if follow_up.gone else ""
        negative = ", ".join(filter(None, (earlier.negative, edit.negative, away)))
        edit = replace(edit, prompt=prompt, negative=negative)
    named = {
        item.name: value
        for item in fields(ImageRequest)
        if (value := getattr(edit, item.name)) not in {item.default, ""}
    }
    if edit.addresses:
        earlier = replace(earlier, source_picture=None, extra_pictures=())
    return replace(earlier, **named)


def _without_things(prompt: str, things: str) -> str:
    """Return a prompt without what is no more wished for, where it was only added: `and a dog`."""
    if not things:
        return prompt
    named = re.escape(things)
    added = rf"(?:,|\s+(?:and|with))\s+(?:(?:an?|the|some|his|her|its)\s+)?{named}(?!\w)"
    return re.sub(added, "", prompt, flags=re.IGNORECASE)


def _with_instead(prompt: str, old: str, new: str) -> str | None:
    """Return a prompt with something in the place of what it names; None if it does not name it."""
    if not old:
        return None
    article = any_article()
    before, behind = _colours_around(old, new)
    named = rf"(?P<article>{article})?{before}{re.escape(old)}{behind}"
    if not re.match(rf"[{UNSPACED}]", old):  # there no space tells where a word ends
        named = rf"(?<!\w){named}(?!\w)"
    found = re.search(named, prompt, re.IGNORECASE)
    if found is None:
        return None
    kept = "" if re.match(article, new, re.IGNORECASE) else found["article"] or ""
    return f"{prompt[: found.start()]}{kept}{new}{prompt[found.end() :]}"


def _colours_around(old: str, new: str) -> tuple[str, str]:
    """Return the patterns of the colours of what gets another one, or gives way as a whole."""
    if re.match(COLOURS, new, re.IGNORECASE):
        return rf"(?:{COLOURS}\s+)?", ""
    added = new.casefold().replace(old.casefold(), "")
    recoloured = added != new.casefold() and re.search(any_colour(), added)
    if not recoloured and not re.match(any_article(), new, re.IGNORECASE):
        return "", ""
    return rf"(?:{any_colour()}\s*)?", rf"(?:\s+{other_colour()})?"


def _without_source(earlier: ImageRequest) -> ImageRequest:
    return replace(
        earlier,
        seed=None,
        painting=None,
        control=None,
        addresses=(),
        source_picture=None,
        unseen=False,
        extra_pictures=(),
    )
