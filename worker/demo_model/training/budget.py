"""Time budgets: training is planned by the clock, so that it always ends with its decay."""

from __future__ import annotations

import time

from worker.demo_model.training.progress import Clock

SAVE_EVERY = 120.0
"""Seconds between two checkpoints."""


class Budget:
    """So many seconds of work, some of them perhaps spent before a restart."""

    def __init__(self, seconds: float, spent: float = 0.0, clock: Clock = time.monotonic) -> None:
        self.seconds, self._clock = seconds, clock
        self._started = clock() - spent
        self._saved = clock()

    @property
    def spent(self) -> float:
        """Seconds of work so far."""
        return self._clock() - self._started

    @property
    def share(self) -> float:
        """The spent share of the budget, 0..1."""
        return min(1.0, self.spent / self.seconds)

    def time_to_save(self) -> bool:
        """Whether a checkpoint is due; asking counts as making it."""
        due = self._clock() - self._saved > SAVE_EVERY
        if due:
            self._saved = self._clock()
        return due


def warm_up(iteration: int, iterations: int) -> float:
    """Return a factor that rises to one over the first iterations."""
    return min(1.0, (iteration + 1) / iterations)


def hold_then_fall(share: float, hold: float, floor: float = 0.003) -> float:
    """Return a factor of one up to `hold`, then a straight line down to `floor` at the end."""
    return min(1.0, max(floor, (1 - share) / (1 - hold)))
