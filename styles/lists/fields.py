"""Reading the fields of one entry of a stylelist: what is wrong is named, not raised."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from styles.limits import SIZE_RANGE, SIZE_STEP
from styles.shape import rounded


@dataclass(frozen=True, slots=True)
class Fault:
    """Something wrong in a list: where, and whether the style had to be left out."""

    file: str
    entry: str
    """Name of the style or category; "" if all of the file is meant."""
    field: str
    """Of the entry; "" if all of it is meant."""
    problem: str
    """Half a sentence: what is there, what it should be."""
    left_out: bool = False
    source: str = ""

    def __str__(self) -> str:
        entry = f"“{self.entry}”" if self.entry else ""
        place = ", ".join(filter(None, (entry, self.field)))
        where = ": ".join(filter(None, (self.source, self.file, place)))
        end = " (left out)" if self.left_out else ""
        return f"{where}: {self.problem}{end}"


class FieldReader:
    """The fields of one entry, taken one by one; collects what is wrong in them."""

    def __init__(self, file: str, entry: str, values: Mapping[str, Any]) -> None:
        self.file = file
        self.entry = entry
        self.values = values
        self.faults: list[Fault] = []

    def fault(self, name: str, problem: str, *, left_out: bool = False) -> None:
        """Note that a field is wrong; `left_out`: so wrong that its style cannot be used."""
        self.faults.append(Fault(self.file, self.entry, name, problem, left_out))

    @property
    def usable(self) -> bool:
        """Whether nothing was so wrong that the entry has to be left out."""
        return not any(fault.left_out for fault in self.faults)

    def number(self, name: str, bounds: tuple[float, float]) -> float | None:
        """Take a number within bounds; clamp and report one outside."""
        value = self.values.get(name)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, int | float) or not _finite(value):
            self.fault(name, f"{show(value)} is not a number", left_out=True)
            return None
        low, high = bounds
        if not low <= value <= high:
            self.fault(name, f"{show(value)} is outside {low:g} to {high:g}; clamped")
            return low if value < low else high
        return value

    def decimal(self, name: str, bounds: tuple[float, float]) -> float | None:
        """Take a number within bounds, as a float."""
        value = self.number(name, bounds)
        return None if value is None else float(value)

    def whole(self, name: str, bounds: tuple[int, int]) -> int | None:
        """Take a whole number within bounds; round and report another."""
        value = self.number(name, bounds)
        if value is None:
            return None
        if value != int(value):
            self.fault(name, f"{value} is not a whole number; rounded")
        return round(value)

    def size(self, name: str) -> int | None:
        """Take a side in pixels; round and report what is on no grid."""
        value = self.whole(name, SIZE_RANGE)
        if value is None or value == rounded(value):
            return value
        self.fault(name, f"{value} is not a multiple of {SIZE_STEP}; rounded")
        return rounded(value)

    def yes_or_no(self, name: str) -> bool | None:
        """Take true or false."""
        value = self.values.get(name)
        if value is None or isinstance(value, bool):
            return value
        self.fault(name, f"{show(value)} is not true or false", left_out=True)
        return None

    def text(self, name: str, longest: int) -> str | None:
        """Take a text of at most so many characters."""
        value = self.values.get(name)
        if value is None:
            return None
        if not isinstance(value, str) or not value.strip() or not _encodable(value):
            self.fault(name, f"{show(value)} is not a text", left_out=True)
            return None
        if len(value) > longest:
            self.fault(name, f"longer than {longest} characters", left_out=True)
            return None
        return value

    def entries(self, name: str, most: int) -> list[Mapping[str, Any]]:
        """Take a list of objects, the first `most` of them."""
        value = self.values.get(name)
        if value is None:
            return []
        if not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            self.fault(name, "is not a list of objects", left_out=True)
            return []
        if len(value) > most:
            self.fault(name, f"{len(value)} entries, at most {most}; the first are used")
        return value[:most]

    def adopt(self, inner: FieldReader, where: str) -> None:
        """Take over the faults of an entry inside this one."""
        for fault in inner.faults:
            self.fault(f"{where}.{fault.field}", fault.problem, left_out=fault.left_out)

    def report_unknown(self, known: Collection[str]) -> None:
        """Report fields nobody knows."""
        for name in self.values:
            if name not in known:
                self.fault(name, "is not a field I know; ignored")


def _finite(value: float) -> bool:
    return isinstance(value, int) or math.isfinite(value)


def _encodable(text: str) -> bool:
    return not any("\ud800" <= char <= "\udfff" for char in text)


def show(value: Any) -> str:
    """Return a value of a list as it may stand in a sentence."""
    try:
        text = repr(value)
    except ValueError:  # an integer with more digits than Python will print
        return "a huge number"
    return text if len(text) <= 40 else text[:39] + "…"
