"""How fast the engine is, learned from what it did; and how much of a job is left.

Effort is counted in steps over 512 × 512 pixels: the unit in which the Horde grows a job's time
to live, by two seconds each.
"""

from __future__ import annotations

from dataclasses import dataclass

from worker.engines.protocol import Task

TILE = 512 * 512
TWO_CALLS_A_STEP = frozenset({"k_heun", "k_dpm_2", "k_dpm_2_a", "k_dpmpp_2s_a", "k_dpmpp_sde"})
LEAST_EFFORT = 10.0
"""What even the smallest picture counts for: preparing and decoding do not shrink with it."""
NEWS = 0.3
"""Weight of the latest job in the running average."""

LEAST_SECONDS = 0.001
"""What even the quickest task counts for: a coarse clock may not have moved meanwhile."""


def effort(task: Task) -> float:
    """Return the work in a task, in steps over 512 x 512 pixels."""
    calls = task.steps * (2 if task.sampler in TWO_CALLS_A_STEP else 1)
    return max(calls * task.width * task.height / TILE, LEAST_EFFORT) * len(task.seeds)


class Pace:
    """Seconds per unit of effort, for each model."""

    def __init__(self) -> None:
        self._seconds: dict[str, float] = {}
        self.usual: float | None = None
        """Seconds a job takes, whatever its kind; None before the first."""

    @property
    def slowest(self) -> float | None:
        """Seconds per unit with the slowest model; None before the first job."""
        return max(self._seconds.values(), default=None)

    def of(self, model: str) -> float | None:
        """Return the seconds per unit with a model; None before its first job."""
        return self._seconds.get(model)

    def learn(self, task: Task, seconds: float) -> None:
        """Take note of a finished task."""
        seconds = max(seconds, LEAST_SECONDS)
        measured = seconds / effort(task)
        known = self._seconds.get(task.model, measured)
        self._seconds[task.model] = known + NEWS * (measured - known)
        usual = seconds if self.usual is None else self.usual
        self.usual = usual + NEWS * (seconds - usual)

    def estimate(self, task: Task) -> float | None:
        """Return the seconds a task will take; None if nothing is known yet."""
        known = self._seconds.get(task.model, self.slowest)
        return None if known is None else known * effort(task)


@dataclass(slots=True)
class Run:
    """The task the engine is at."""

    started: float
    estimate: float | None
    part: float = 0.0
    """0..1, as the engine reports it."""

    def remaining(self, now: float) -> float:
        """Return the seconds it will still take; infinite if there is no telling."""
        elapsed = now - self.started
        if self.part > 0:
            return elapsed * (1 - self.part) / self.part
        return float("inf") if self.estimate is None else max(self.estimate - elapsed, 0)
