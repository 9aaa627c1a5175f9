"""Progress of long work: a bar on a terminal, a log line every half minute elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

Clock = Callable[[], float]
LOG_EVERY = 30.0
"""Seconds between two log lines."""


class Progress:
    """Counts towards a total (steps, or seconds of a time budget) and says how it goes."""

    def __init__(self, name: str, total: float, unit: str, clock: Clock = time.monotonic) -> None:
        self._name, self._total, self._unit, self._clock = name, total, unit, clock
        self._started = self._logged = clock()
        self._console = Console(soft_wrap=True, highlight=False)
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        if self._console.is_terminal:
            columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
            self._bar = Bar(*columns, TextColumn("{task.fields[note]}"), console=self._console)
            self._task = self._bar.add_task(self._name, total=self._total, note="")
            self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._bar is not None:
            self._bar.stop()
        if kind is None:
            self.say(f"done in {self._clock() - self._started:.0f} s")

    def show(self, done: float, note: str = "") -> None:
        """Tell how much is done, with a note such as the current loss."""
        if self._bar is not None:
            self._bar.update(self._task, completed=done, note=note)
        elif self._clock() - self._logged > LOG_EVERY:
            self._logged = self._clock()
            self.say(f"{done:.0f}/{self._total:.0f} {self._unit} {note}")

    def say(self, text: str) -> None:
        """Print one line of its own."""
        self._console.print(f"{self._name}: {text}", markup=False)


class Silence(Progress):
    """For the processes that do not speak."""

    def __init__(self) -> None:
        super().__init__("", 1, "")

    def __enter__(self) -> Self:
        return self

    def show(self, done: float, note: str = "") -> None:
        """Say nothing."""

    def say(self, text: str) -> None:
        """Say nothing."""


class Average:
    """A running mean that forgets: the recent level of a noisy figure."""

    def __init__(self, keep: float = 0.98) -> None:
        self._keep = keep
        self.value = 0.0
        self._weight = 0.0

    def add(self, figure: float) -> None:
        """Take a figure into the average."""
        self._weight = self._keep * self._weight + 1 - self._keep
        self.value += (figure - self.value) * (1 - self._keep) / self._weight
