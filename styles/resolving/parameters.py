"""The parameters of one job: the person's, else the style's, else the defaults."""

from __future__ import annotations

import math
from dataclasses import fields, replace
from typing import Any, TypeVar

from common.model import Job, LoraUse, Note, TiUse
from styles.limits import CFG_RANGE, CLIP_SKIP_RANGE, STEPS_RANGE
from styles.lists.parsing import Look, Style
from styles.notes import changed
from styles.resolving.loras import merge_loras, merge_tis
from styles.resolving.pictures import post_processing, sources
from styles.resolving.seeds import seed_digits
from styles.resolving.situation import Situation
from styles.resolving.template import fill
from styles.shape import MOST_RATIO, rounded, with_ratio, within

NO_HIRES_FIX = ("flux", "qwen", "z_image")
"""What baselines begin with for which the server refuses `hires_fix`."""
CFG_DECIMALS = 2
"""The server refuses a cfg scale with more."""

T = TypeVar("T")


def make_job(
    situation: Situation, style: Style, prompt: str, n: int
) -> tuple[Job, tuple[Note, ...]]:
    """Return the job of one style for one variant of the prompt, and what had to be changed."""
    request, limits, defaults = situation.request, situation.limits, situation.defaults
    notes: list[Note] = []
    model = situation.model(style)
    look = _look(situation, style, notes)
    width, height = _size(situation, look, model, notes)
    loras, lora_notes = merge_loras(look.loras, request.loras)
    begun, source_notes = sources(request, model, situation.reference.baseline(model))
    tis, ti_notes = merge_tis(look.tis, request.tis)
    notes += (*lora_notes, *ti_notes, *source_notes)
    nsfw = limits.nsfw and request.source_picture is None
    clip_skip = _first(request.clip_skip, look.clip_skip, defaults.clip_skip)
    job = Job(
        style=style.name,
        prompt=fill(style.prompt, prompt, request.negative),
        model=model,
        n=math.ceil(n / situation.reference.pictures_per_request(model)),
        width=width,
        height=height,
        steps=_steps(situation, look, notes),
        cfg_scale=_cfg_scale(situation, look, notes),
        sampler=_first(request.sampler, look.sampler, defaults.sampler),
        karras=_first(request.karras, look.karras, defaults.karras),
        clip_skip=round(_clamped(clip_skip, CLIP_SKIP_RANGE)),
        hires_fix=_hires_fix(situation, look, model, notes),
        tiling=_first(request.tiling, look.tiling, False),
        seed=None if request.seed is None else seed_digits(request.seed),
        seed_variation=1 if request.seed is not None and n > 1 else None,
        loras=loras,
        tis=tis,
        post_processing=post_processing(request),
        enlarge=request.enlarge and request.source_picture is not None,
        unseen=request.unseen,
        denoising_strength=begun.denoising_strength,
        source_picture=begun.source_picture,
        source_processing=begun.source_processing,
        extra_pictures=begun.extra_pictures,
        control_type=begun.control_type,
        nsfw=nsfw,
        censor_nsfw=not nsfw,
        trusted_workers=limits.trusted_workers,
        slow_workers=limits.slow_workers,
    )
    return job, tuple(notes)


def _look(situation: Situation, style: Style, notes: list[Note]) -> Look:
    """Return the style's look, its enhancement merged in, judged for the model it is made with."""
    model = situation.model(style)
    baseline = situation.reference.baseline(model)
    look = style.look
    if model != style.model and (look.loras or look.tis):
        own = situation.reference.baseline(style.model)
        if own is not None and baseline is not None and own != baseline:
            notes.append(changed("note.style_loras_unfit", style=style.name, model=model))
            look = replace(look, loras=(), tis=())
    if not style.enhance or baseline is None:
        return look
    enhancement = situation.stylelist.enhancements.get(baseline)
    return look if enhancement is None else _merged(look, enhancement.look)


def _merged(look: Look, more: Look) -> Look:
    """Return a look with another merged in: lists are extended, what is unsaid is filled."""
    values: dict[str, Any] = {}
    for item in fields(Look):
        own, added = getattr(look, item.name), getattr(more, item.name)
        if isinstance(own, tuple):
            known = {_identity(entry) for entry in own}
            values[item.name] = own + tuple(one for one in added if _identity(one) not in known)
        else:
            values[item.name] = added if own is None else own
    return Look(**values)


def _identity(use: LoraUse | TiUse) -> tuple[bool, str]:
    """Return what makes two LoRAs, or two textual inversions, the same."""
    return isinstance(use, LoraUse) and use.is_version, use.name.casefold()


def _size(situation: Situation, look: Look, model: str, notes: list[Note]) -> tuple[int, int]:
    request = situation.request
    native = situation.reference.native_size(model)
    size = (_first(look.width, native[0]), _first(look.height, native[1]))
    if request.size is not None and request.ratio is not None:
        notes.append(changed("note.option_left_out", option="ar", by="size"))
    if request.size is not None:
        size = (rounded(request.size[0]), rounded(request.size[1]))
    elif request.ratio is not None:
        size = with_ratio(size, request.ratio)
        wide = max(request.ratio[0] / request.ratio[1], request.ratio[1] / request.ratio[0])
        if wide > MOST_RATIO:
            notes.append(changed("note.ratio_clamped", most=f"{MOST_RATIO:g}"))
    fitted = within(size, situation.limits.max_pixels)
    if request.size is not None and fitted != request.size:
        asked = f"{request.size[0]}×{request.size[1]}"
        notes.append(changed("note.size_changed", asked=asked, used=f"{fitted[0]}×{fitted[1]}"))
    elif fitted != size:
        asked, used = f"{size[0]}×{size[1]}", f"{fitted[0]}×{fitted[1]}"
        notes.append(changed("note.size_too_large", asked=asked, used=used))
    return fitted


def _cfg_scale(situation: Situation, look: Look, notes: list[Note]) -> float:
    wanted = _first(situation.request.cfg_scale, look.cfg_scale, situation.defaults.cfg_scale)
    used = round(_clamped(wanted, CFG_RANGE), CFG_DECIMALS)
    if situation.request.cfg_scale is not None and used != wanted:
        notes.append(changed("note.cfg_rounded", asked=f"{wanted:g}", used=f"{used:g}"))
    return used


def _steps(situation: Situation, look: Look, notes: list[Note]) -> int:
    request, limits = situation.request, situation.limits
    wanted = _first(look.steps, situation.defaults.steps)
    if request.steps is not None and request.quality is not None:
        notes.append(changed("note.option_left_out", option="q", by="steps"))
    if request.steps is not None:
        wanted = request.steps
    elif request.quality is not None:
        wanted = max(1, round(wanted * request.quality))
    used = round(_clamped(wanted, (STEPS_RANGE[0], min(STEPS_RANGE[1], limits.max_steps))))
    if used != wanted:
        notes.append(changed("note.steps_clamped", asked=wanted, used=used))
    return used


def _hires_fix(situation: Situation, look: Look, model: str, notes: list[Note]) -> bool:
    wanted = _first(situation.request.hires_fix, look.hires_fix, situation.defaults.hires_fix)
    baseline = situation.reference.baseline(model) or ""
    if wanted and baseline.startswith(NO_HIRES_FIX):
        notes.append(changed("note.hires_dropped", model=model))
        return False
    return wanted


def _first(*values: T | None) -> T:
    """Return the first value that was said; the last always is."""
    for value in values:
        if value is not None:
            return value
    raise AssertionError("the defaults say everything")


def _clamped(value: float, bounds: tuple[float, float]) -> float:
    return min(bounds[1], max(bounds[0], value))
