"""Reading one style of a stylelist: every field checked, every fault named."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from common.model import LoraUse, TiUse
from styles.limits import (
    CFG_RANGE,
    CLIP_SKIP_RANGE,
    LORA_STRENGTH_RANGE,
    MOST_LORAS,
    MOST_TIS,
    SAMPLERS,
    SIZE_RANGE,
    SIZE_STEP,
    STEPS_RANGE,
)

LONGEST_NAME = 100
LONGEST_PROMPT = 10_000
LONGEST_TRIGGER = 30
LONGEST_LORA_NAME = 255
_INJECT_TI = ("prompt", "negprompt")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a list: where, and whether the style had to be left out."""

    file: str
    entry: str
    """Name of the style or category."""
    field: str
    problem: str
    """Half a sentence: what is there, what it should be."""
    left_out: bool = False
    source: str = ""

    def __str__(self) -> str:
        where = f"{self.source}: " if self.source else ""
        end = " (left out)" if self.left_out else ""
        return f"{where}{self.file}: “{self.entry}”, {self.field}: {self.problem}{end}"


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


@dataclass(frozen=True, slots=True)
class Enhancement:
    """What `enhance: true` adds for a baseline."""

    baseline: str
    look: Look = Look()


class _Reader:
    """The fields of one entry, taken one by one; collects what is wrong in them."""

    def __init__(self, file: str, entry: str, values: Mapping[str, Any]) -> None:
        self.file = file
        self.entry = entry
        self.values = values
        self.faults: list[Fault] = []

    def fault(self, name: str, problem: str, *, left_out: bool = False) -> None:
        self.faults.append(Fault(self.file, self.entry, name, problem, left_out))

    @property
    def usable(self) -> bool:
        return not any(fault.left_out for fault in self.faults)

    def number(self, name: str, bounds: tuple[float, float]) -> float | None:
        """Take a number within bounds; clamp and report one outside."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            self.fault(name, f"{_show(value)} is not a number", left_out=True)
            return None
        low, high = bounds
        if not low <= value <= high:
            self.fault(name, f"{_show(value)} is outside {low:g} to {high:g}; clamped")
            return low if value < low else high
        return value

    def decimal(self, name: str, bounds: tuple[float, float]) -> float | None:
        value = self.number(name, bounds)
        return None if value is None else float(value)

    def whole(self, name: str, bounds: tuple[int, int]) -> int | None:
        value = self.number(name, bounds)
        if value is None:
            return None
        if value != int(value):
            self.fault(name, f"{value} is not a whole number; rounded")
        return round(value)

    def size(self, name: str) -> int | None:
        value = self.whole(name, SIZE_RANGE)
        if value is None or value % SIZE_STEP == 0:
            return value
        self.fault(name, f"{value} is not a multiple of {SIZE_STEP}; rounded")
        return max(SIZE_RANGE[0], round(value / SIZE_STEP) * SIZE_STEP)

    def yes_or_no(self, name: str) -> bool | None:
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.fault(name, f"{_show(value)} is not true or false", left_out=True)
        return None

    def text(self, name: str, longest: int) -> str | None:
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not _encodable(value):
            self.fault(name, f"{_show(value)} is not a text", left_out=True)
            return None
        if len(value) > longest:
            self.fault(name, f"longer than {longest} characters", left_out=True)
            return None
        return value

    def entries(self, name: str, most: int) -> list[Mapping[str, Any]]:
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fault(name, "is not a list of objects", left_out=True)
            return []
        if len(value) > most:
            self.fault(name, f"{len(value)} entries, at most {most}; the first are used")
        return value[:most]


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
    reader = _Reader(file, name, values)
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
    _unknown(reader, _STYLE_FIELDS)
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
    reader = _Reader(file, baseline, values)
    look = _look(reader)
    _unknown(reader, _LOOK_FIELDS)
    return (Enhancement(baseline, look) if reader.usable else None), reader.faults


def _look(reader: _Reader) -> Look:
    sampler = reader.text("sampler_name", LONGEST_NAME)
    if sampler is not None and sampler not in SAMPLERS:
        reader.fault("sampler_name", f"the Horde has no {_show(sampler)}", left_out=True)
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


def _loras(reader: _Reader) -> list[LoraUse]:
    loras = []
    for number, values in enumerate(reader.entries("loras", MOST_LORAS)):
        entry = _Reader(reader.file, reader.entry, values)
        name = _asset_name(entry)
        is_version = entry.yes_or_no("is_version") or False
        if is_version and name is not None and not (name.isascii() and name.isdigit()):
            entry.fault("is_version", f"{_show(name)} is no version number", left_out=True)
        weight = entry.decimal("weight", LORA_STRENGTH_RANGE)
        if weight is not None:
            entry.fault("weight", "is no field of the Horde; read as `model`")
        model = entry.decimal("model", LORA_STRENGTH_RANGE)
        clip = entry.decimal("clip", LORA_STRENGTH_RANGE)
        trigger = entry.text("inject_trigger", LONGEST_TRIGGER)
        _unknown(entry, _LORA_FIELDS)
        _adopt(reader, entry, f"loras[{number}]")
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


def _tis(reader: _Reader) -> list[TiUse]:
    tis = []
    for number, values in enumerate(reader.entries("tis", MOST_TIS)):
        entry = _Reader(reader.file, reader.entry, values)
        name = _asset_name(entry)
        inject = entry.text("inject_ti", LONGEST_TRIGGER)
        if inject is not None and inject not in _INJECT_TI:
            entry.fault("inject_ti", f"{_show(inject)} is not prompt or negprompt", left_out=True)
        strength = entry.decimal("strength", LORA_STRENGTH_RANGE)
        _unknown(entry, _TI_FIELDS)
        _adopt(reader, entry, f"tis[{number}]")
        if name is not None and entry.usable:
            tis.append(TiUse(name, inject, strength))
    return tis


def _asset_name(entry: _Reader) -> str | None:
    """Take `name`; a bare number is as good as its digits."""
    value = entry.values.get("name")
    if isinstance(value, int) and not isinstance(value, bool) and 0 < value < 10**12:
        return str(value)
    if value is None:
        entry.fault("name", "is missing", left_out=True)
    return entry.text("name", LONGEST_LORA_NAME)


def _adopt(reader: _Reader, entry: _Reader, where: str) -> None:
    for fault in entry.faults:
        reader.fault(f"{where}.{fault.field}", fault.problem, left_out=fault.left_out)


def _aliases(reader: _Reader) -> tuple[str, ...]:
    value = reader.values.get("aliases")
    if value is None:
        return ()
    if isinstance(value, list) and all(
        isinstance(alias, str) and alias.strip() and len(alias) <= LONGEST_NAME for alias in value
    ):
        return tuple(value)
    reader.fault("aliases", "is not a list of names; ignored")
    return ()


def _unknown(reader: _Reader, known: frozenset[str] | set[str]) -> None:
    for name in reader.values:
        if name not in known:
            reader.fault(name, "is not a field I know; ignored")


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _show(value: Any) -> str:
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python will print
        return "a huge number"
    return text if len(text) <= 40 else text[:39] + "…"
