"""A picture's recipe, read again: the request that makes the same picture. Pure.

Recipes are in the text form of A1111 and CivitAI, whichever program wrote them: the prompt, a line
that begins with `Negative prompt:`, and a line of facts that begins with `Steps:`. What the Hordes
do not have (a model of that name, a sampler) is left out with a note.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from common.horde.wire_names import SAMPLER_TITLES, SAMPLERS, UPSCALERS
from common.model import Note
from request.answering.recipe import RESOURCES
from request.grammar.clean import clean
from styles.image_request import ImageRequest, LoraWish, TiWish
from styles.limits import (
    BACKGROUND_STRIPPER,
    FACE_FIXER,
    LORA_STRENGTH_RANGE,
    MOST_LORAS,
    MOST_TIS,
)
from styles.names import NameIndex
from styles.notes import changed, each_once

LONGEST = 20_000
"""Characters of a recipe that are read."""
NEGATIVE = "Negative prompt:"
_FACTS = re.compile(r"^Steps:\s*\d", re.MULTILINE)
_FACT = re.compile(r'\b([A-Z][\w \-/]{0,40}):\s*("(?:\\.|[^"\\]){0,1000}"|[^,]{0,500})(?:,|$)')
_TAG = re.compile(r"(?<! ) *<(?:lora|lyco|hypernet):([^:<>]{1,200})(?::[^<>]{0,40})?> *")
_SIZE = re.compile(r"(\d{2,5})x(\d{2,5})")
_KARRAS = re.compile(r"\s+karras\Z", re.IGNORECASE)
_SAMPLER_NAMES = {
    **{name.casefold(): name for name in SAMPLERS},
    **{title.casefold(): name for name, title in SAMPLER_TITLES.items()},
}
_INJECTED = frozenset({"prompt", "negprompt"})


def recreate(text: str, models: NameIndex) -> ImageRequest | None:
    """Return the request for the picture that a recipe is of, or None if the text is no recipe.

    `models` are those the Hordes know. It asks for one picture, with the recipe's own seed.
    """
    text = text[:LONGEST].replace("\r\n", "\n")
    begin = _last(_FACTS.finditer(text))
    if begin is None:
        return None
    resources, line = _resources(text[begin:])
    facts = {found[1]: _unquoted(found[2].strip()) for found in _FACT.finditer(line)}
    prompt, negative = _prompts(text[:begin])
    notes: list[Note] = []
    loras, tis = _assets(resources)
    tags = [tag for tag in _TAG.findall(prompt) if not resources]
    if tags:
        names = ", ".join(dict.fromkeys(tags))
        notes.append(changed("note.recipe_loras", names=names))
    if "Denoising strength" in facts and "Hires upscale" not in facts:
        notes.append(changed("note.recipe_source"))
    return ImageRequest(
        prompt=_TAG.sub(" ", prompt).strip(),
        negative=negative,
        n=1,
        seed=_digits(facts.get("Seed")),
        size=_size(facts.get("Size")),
        steps=_whole(facts.get("Steps")),
        cfg_scale=_decimal(facts.get("CFG scale")),
        sampler=_sampler(facts, notes),
        karras=_karras(facts),
        clip_skip=_whole(facts.get("Clip skip")) or 1,
        model=_model(facts, models, notes),
        tiling=True if facts.get("Tiling") == "True" else None,
        hires_fix=True if facts.get("Hires fix") == "True" else None,
        loras=loras,
        tis=tis,
        literal=True,
        notes=each_once(notes),
        **_processing(facts.get("Post processing", "")),
    )


def _last(found: Iterator[re.Match[str]]) -> int | None:
    starts = [one.start() for one in found]
    return starts[-1] if starts else None


def _prompts(text: str) -> tuple[str, str]:
    """Return prompt and negative prompt, as fit to be read as what people write."""
    prompt, _, negative = text.partition(f"\n{NEGATIVE}")
    if text.startswith(NEGATIVE):
        prompt, negative = "", text.removeprefix(NEGATIVE)
    return clean(prompt)[0].strip(), clean(negative)[0].strip()


def _resources(line: str) -> tuple[list[dict[str, Any]], str]:
    """Return CivitAI's list of what was used, and the line of facts without it."""
    before, found, rest = line.partition(f"{RESOURCES}: ")
    if not found:
        return [], line
    try:
        listed, end = json.JSONDecoder().raw_decode(rest)
    except (ValueError, RecursionError):
        return [], before
    named = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    return named, before + rest[end:].lstrip(", ")


def _assets(
    resources: Sequence[Mapping[str, Any]],
) -> tuple[tuple[LoraWish, ...], tuple[TiWish, ...]]:
    loras: list[LoraWish] = []
    tis: list[TiWish] = []
    for one in resources:
        version = one.get("modelVersionId")
        name = _name(one.get("modelId") if version is None else version)
        weight = _strength(one.get("weight"))
        if name is None:
            continue
        if one.get("type") == "embed" and version is None:
            inject = one.get("inject")
            tis.append(TiWish(name, weight, inject if inject in _INJECTED else None))
        elif one.get("type") in {"lora", "locon", "lycoris", "dora"}:
            loras.append(
                LoraWish(
                    name,
                    1.0 if weight is None else weight,
                    is_version=version is not None,
                    clip=_strength(one.get("clip")),
                    inject_trigger=_trigger(one.get("trigger")),
                )
            )
    return tuple(loras[:MOST_LORAS]), tuple(tis[:MOST_TIS])


def _name(value: Any) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12:
        return str(value)
    known = isinstance(value, str) and value.isprintable() and 0 < len(value) < 256
    return value if known else None


def _strength(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    low, high = LORA_STRENGTH_RANGE
    return float(min(high, max(low, value)))


def _trigger(value: Any) -> str | None:
    return value if isinstance(value, str) and value.isprintable() and len(value) <= 30 else None


def _sampler(facts: Mapping[str, str], notes: list[Note]) -> str | None:
    named = facts.get("Sampler")
    if named is None:
        return None
    known = _SAMPLER_NAMES.get(_KARRAS.sub("", named).casefold())
    if known is None:
        notes.append(changed("note.recipe_sampler", name=named[:60]))
    return known


def _karras(facts: Mapping[str, str]) -> bool | None:
    """Return whether the schedule is Karras'; it used to be told with the sampler."""
    if "Sampler" not in facts:
        return None
    told = f"{facts['Sampler']} {facts.get('Schedule type', '')}"
    return "karras" in told.casefold()


def _model(facts: Mapping[str, str], models: NameIndex, notes: list[Note]) -> str | None:
    named = facts.get("Model")
    if named is None:
        return None
    known = models.get(named)
    if known is None:
        notes.append(changed("note.recipe_model", name=named[:60]))
    return known


def _processing(steps: str) -> dict[str, Any]:
    named = [step.strip() for step in steps.split(";")]
    upscaler = next((step for step in named if step in UPSCALERS), None)
    fixed, cut = FACE_FIXER in named, BACKGROUND_STRIPPER in named
    return {"upscale": upscaler, "fix_faces": fixed, "no_background": cut}


def _size(value: str | None) -> tuple[int, int] | None:
    found = _SIZE.fullmatch(value or "")
    return (int(found[1]), int(found[2])) if found else None


def _digits(value: str | None) -> str | None:
    return value if value and value.isascii() and value.isdigit() and len(value) < 20 else None


def _whole(value: str | None) -> int | None:
    known = value and value.isascii() and value.isdigit() and len(value) < 6
    return int(value) if known and value else None


def _decimal(value: str | None) -> float | None:
    found = re.fullmatch(r"\d{1,4}(?:\.\d{1,6})?", value or "", re.ASCII)
    return float(found[0]) if found else None


def _unquoted(value: str) -> str:
    return value[1:-1] if len(value) > 1 and value[0] == value[-1] == '"' else value
