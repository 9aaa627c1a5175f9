"""Reading one style of a stylelist: every field checked, every fault named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.horde.wire import SAMPLERS
from common.model import LoraUse, TiUse
from styles.limits import (
    CFG_RANGE,
    CLIP_SKIP_RANGE,
    LORA_STRENGTH_RANGE,
    MOST_LORAS,
    MOST_TIS,
    STEPS_RANGE,
)
from styles.lists.fields import Fault, FieldReader, show

LONGEST_NAME = 100
LONGEST_PROMPT = 10_000
LONGEST_TRIGGER = 30
LONGEST_LORA_NAME = 255
_INJECT_TI = ("prompt", "negprompt")


@dataclass(frozen=True, slots=True)
class Look:
    """The parameters a style or an enhancement may set; None means: not said."""

    steps: int | None = None
    cfg_scale: float | None = None
    width: int | None = None
    height: int | None = None
    sampler: str | None = None
    karras: bool | None = None
    clip_skip: int | None = None
    hires_fix: bool | None = None
    tiling: bool | None = None
    loras: tuple[LoraUse, ...] = ()
    tis: tuple[TiUse, ...] = ()


@dataclass(frozen=True, slots=True)
class Style:
    """A style of the list."""

    name: str
    prompt: str
    """Template with `{p}`, usually `{np}`, the negative part after `###`."""
    model: str
    look: Look = Look()
    enhance: bool = False
    aliases: tuple[str, ...] = ()
    author: str = ""
    nsfw: bool = False
    other_models: tuple[str, ...] = ()
    """Models that do as well where nobody serves `model`; only native styles name some."""


@dataclass(frozen=True, slots=True)
class Enhancement:
    """What `enhance: true` adds for a baseline."""

    baseline: str
    look: Look = Look()


_LOOK_FIELDS = frozenset(
    {
        *("steps", "cfg_scale", "width", "height", "sampler_name", "karras", "clip_skip"),
        *("hires_fix", "tiling", "loras", "tis"),
    }
)
_STYLE_FIELDS = _LOOK_FIELDS | {"prompt", "model", "enhance", "aliases", "author", "nsfw"}
_LORA_FIELDS = frozenset({"name", "model", "clip", "weight", "inject_trigger", "is_version"})
_TI_FIELDS = frozenset({"name", "inject_ti", "strength", "id"})


def parse_style(name: str, values: Any, file: str) -> tuple[Style | None, list[Fault]]:
    """Return the style, or None if it had to be left out, and all its faults."""
    if not isinstance(values, dict):
        return None, [Fault(file, name, "", "is not an object", left_out=True)]
    reader = FieldReader(file, name, values)
    if not name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        reader.fault("name", f"not 1 to {LONGEST_NAME} printable characters", left_out=True)
    prompt = reader.text("prompt", LONGEST_PROMPT)
    model = reader.text("model", LONGEST_LORA_NAME)
    for needed in ("prompt", "model"):
        if values.get(needed) is None:
            reader.fault(needed, "is missing", left_out=True)
    if prompt is not None and "{p}" not in prompt.split("###", 1)[0]:
        reader.fault("prompt", "has no {p} for what people write", left_out=True)
    look = _look(reader)
    enhance = reader.yes_or_no("enhance") or False
    nsfw = reader.yes_or_no("nsfw") or False
    author = reader.text("author", LONGEST_NAME) or ""
    aliases = _aliases(reader)
    reader.report_unknown(_STYLE_FIELDS)
    if not reader.usable or prompt is None or model is None:
        return None, reader.faults
    style = Style(name, prompt, model, look, enhance, aliases, author, nsfw)
    return style, reader.faults


def parse_enhancement(
    baseline: str, values: Any, file: str
) -> tuple[Enhancement | None, list[Fault]]:
    """Return the enhancement of a baseline, or None if it had to be left out, and its faults."""
    if not isinstance(values, dict):
        return None, [Fault(file, baseline, "", "is not an object", left_out=True)]
    reader = FieldReader(file, baseline, values)
    look = _look(reader)
    reader.report_unknown(_LOOK_FIELDS)
    return (Enhancement(baseline, look) if reader.usable else None), reader.faults


def _look(reader: FieldReader) -> Look:
    sampler = reader.text("sampler_name", LONGEST_NAME)
    if sampler is not None and sampler not in SAMPLERS:
        reader.fault("sampler_name", f"the Horde has no {show(sampler)}", left_out=True)
    return Look(
        steps=reader.whole("steps", STEPS_RANGE),
        cfg_scale=reader.decimal("cfg_scale", CFG_RANGE),
        width=reader.size("width"),
        height=reader.size("height"),
        sampler=sampler,
        karras=reader.yes_or_no("karras"),
        clip_skip=reader.whole("clip_skip", CLIP_SKIP_RANGE),
        hires_fix=reader.yes_or_no("hires_fix"),
        tiling=reader.yes_or_no("tiling"),
        loras=tuple(_loras(reader)),
        tis=tuple(_tis(reader)),
    )


def _loras(reader: FieldReader) -> list[LoraUse]:
    loras = []
    for number, values in enumerate(reader.entries("loras", MOST_LORAS)):
        entry = FieldReader(reader.file, reader.entry, values)
        name = _asset_name(entry)
        is_version = entry.yes_or_no("is_version") or False
        if is_version and name is not None and not (name.isascii() and name.isdigit()):
            entry.fault("is_version", f"{show(name)} is no version number", left_out=True)
        weight = entry.decimal("weight", LORA_STRENGTH_RANGE)
        if weight is not None:
            entry.fault("weight", "is no field of the Horde; read as `model`")
        model = entry.decimal("model", LORA_STRENGTH_RANGE)
        clip = entry.decimal("clip", LORA_STRENGTH_RANGE)
        trigger = entry.text("inject_trigger", LONGEST_TRIGGER)
        entry.report_unknown(_LORA_FIELDS)
        reader.adopt(entry, f"loras[{number}]")
        if name is not None and entry.usable:
            strength = model if model is not None else weight
            loras.append(
                LoraUse(
                    name=name,
                    model=1.0 if strength is None else strength,
                    clip=1.0 if clip is None else clip,
                    inject_trigger=trigger,
                    is_version=is_version,
                )
            )
    return loras


def _tis(reader: FieldReader) -> list[TiUse]:
    tis = []
    for number, values in enumerate(reader.entries("tis", MOST_TIS)):
        entry = FieldReader(reader.file, reader.entry, values)
        name = _asset_name(entry)
        inject = entry.text("inject_ti", LONGEST_TRIGGER)
        if inject is not None and inject not in _INJECT_TI:
            entry.fault("inject_ti", f"{show(inject)} is not prompt or negprompt", left_out=True)
        strength = entry.decimal("strength", LORA_STRENGTH_RANGE)
        entry.report_unknown(_TI_FIELDS)
        reader.adopt(entry, f"tis[{number}]")
        if name is not None and entry.usable:
            tis.append(TiUse(name, inject, strength))
    return tis


def _asset_name(entry: FieldReader) -> str | None:
    """Take `name`; a bare number is as good as its digits."""
    value = entry.values.get("name")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12:
        return str(value)
    if value is None:
        entry.fault("name", "is missing", left_out=True)
    return entry.text("name", LONGEST_LORA_NAME)


def _aliases(reader: FieldReader) -> tuple[str, ...]:
    value = reader.values.get("aliases")
    if value is None:
        return ()
    if isinstance(value, list) and all(
        isinstance(alias, str) and alias.strip() and len(alias) <= LONGEST_NAME for alias in value
    ):
        return tuple(value)
    reader.fault("aliases", "is not a list of names; ignored")
    return ()
