"""What a measurement comes to: the median of several, with the smallest and the largest."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table."""

    what: str
    value: str
    spread: str
    """Smallest and largest, and of how many."""
    target: str = ""
    """What the median is to be; "" where nothing was promised."""


def figure(what: str, values: Sequence[float], unit: str, target: str = "") -> Figure:
    """Return the row for some measurements of the same thing."""
    low, high, count = min(values), max(values), len(values)
    value = f"{shown(statistics.median(values))} {unit}"
    if low == high:
        same = f"each of {count}" if count > 1 else "measured once"
        return Figure(what, value, same, target)
    return Figure(what, value, f"{shown(low)} to {shown(high)}, of {count}", target)


def shown(value: float) -> str:
    """Return a number with three digits that matter: nobody believes more."""
    if value >= 100 or value == int(value):
        return f"{value:,.0f}"
    return f"{value:.3g}"


class Watch:
    """Seconds since it was started."""

    def __init__(self) -> None:
        self._started = time.perf_counter()

    def seconds(self) -> float:
        return time.perf_counter() - self._started


@contextmanager
def timed(into: list[float]) -> Iterator[None]:
    """Add the seconds the block takes to a list."""
    watch = Watch()
    yield
    into.append(watch.seconds())


def repeat(times: int, action: Callable[[], object]) -> list[float]:
    """Return the seconds each of several runs takes."""
    values: list[float] = []
    for _ in range(times):
        with timed(values):
            action()
    return values
