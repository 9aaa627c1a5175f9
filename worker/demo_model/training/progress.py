"""Progress of long work: a bar on a terminal, a log line every half minute elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from tqdm import tqdm

Clock = Callable[[], float]
LOG_EVERY = 30.0
"""Seconds between two log lines."""


class Progress:
    """Counts towards a total (steps, or seconds of a time budget) and says how it goes."""

    def __init__(self, name: str, total: float, unit: str, clock: Clock = time.monotonic) -> None:
        self._name, self._total, self._unit, self._clock = name, total, unit, clock
        self._started = self._logged = clock()
        self._bar = (
            tqdm(total=round(total), desc=name, unit=unit, bar_format="{l_bar}{bar}| {postfix}")
            if sys.stderr.isatty()
            else None
        )

    def __enter__(self) -> Self:
        self.say(f"starts ({self._total:.0f} {self._unit})")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.close()
        if kind is None:
            self.say(f"done in {self._clock() - self._started:.0f} s")

    def show(self, done: float, note: str = "") -> None:
        """Tell how much is done, with a note such as the current loss."""
        if self._bar is not None:
            self._bar.n = min(round(done), round(self._total))
            self._bar.set_postfix_str(note)
        elif self._clock() - self._logged > LOG_EVERY:
            self._logged = self._clock()
            self.say(f"{done:.0f}/{self._total:.0f} {self._unit} {note}")

    def say(self, text: str) -> None:
        """One line of its own."""
        line = f"{self._name}: {text}"
        if self._bar is not None:
            self._bar.write(line)
        else:
            print(line, flush=True)  # noqa: T201


class Average:
    """A running mean that forgets: the recent level of a noisy figure."""

    def __init__(self, keep: float = 0.98) -> None:
        self._keep = keep
        self.value = 0.0
        self._weight = 0.0

    def add(self, figure: float) -> None:
        self._weight = self._keep * self._weight + 1 - self._keep
        self.value += (figure - self.value) * (1 - self._keep) / self._weight
