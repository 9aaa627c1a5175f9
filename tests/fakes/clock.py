"""Time in the hands of a test."""

from __future__ import annotations


class Clock:
    """Seconds that pass only when told; of 2027, where nothing else is said."""

    def __init__(self, now: float = 1_800_000_000.0) -> None:
        self.now = now

    def __call__(self) -> float:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += seconds
