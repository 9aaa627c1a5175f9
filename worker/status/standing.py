"""What the worker is doing now and has done lately, put together from its events."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from worker import events
from worker.events import WorkerEvent

HOUR = 3600.0
FAULTS = 5
SHORTEST = 300.0
"""Seconds: before, so few pictures would be counted up to an hour that the figure means nothing."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job on a device."""

    ids: tuple[str, ...]
    model: str
    part: float
    device: str


class Standing:
    """Takes in every event; the rest reads from it."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.started: events.Started | None = None
        self.measured: dict[str, events.Measured] = {}
        """By model."""
        self.pictures = self.failures = 0
        self.kudos = 0.0
        self.faults: deque[str] = deque(maxlen=FAULTS)
        self.skipped = ""
        """Why the server had nothing, as it said last."""
        self._clock = clock
        self._began = clock()
        self._waits: dict[str, str] = {}
        """Why something is not taken on now, by what it is about."""
        self._jobs: dict[tuple[str, ...], Job] = {}
        self._fetched: dict[tuple[str, ...], str] = {}
        self._open: dict[str, tuple[str, ...]] = {}
        self._made: deque[tuple[float, float]] = deque(maxlen=100_000)

    @property
    def jobs(self) -> tuple[Job, ...]:
        """The jobs that devices are at."""
        return tuple(self._jobs.values())

    @property
    def waiting(self) -> str:
        """Why nothing, or not all, is taken on now; empty while it is."""
        return " ".join(dict.fromkeys(self._waits.values()))

    @property
    def queue(self) -> int:
        """How many jobs wait for a device."""
        return len(self._fetched)

    def lately(self) -> tuple[float, float]:
        """Return pictures and kudos of the last hour; of less, counted up to an hour."""
        now = self._clock()
        while self._made and self._made[0][0] < now - HOUR:
            self._made.popleft()
        span = min(max(now - self._began, SHORTEST), HOUR)
        kudos = sum(reward for _, reward in self._made)
        return len(self._made) * HOUR / span, kudos * HOUR / span

    def note(self, event: WorkerEvent) -> None:
        """Take in an event."""
        match event:
            case events.Started():
                self.started = event
            case events.Popped(ids=ids, model=model):
                self._fetched[ids] = model
                self._open.update(dict.fromkeys(ids, ids))
            case events.Step(ids=ids, part=part, device=device):
                self._step(ids, part, device)
            case events.Submitted(reward=reward):
                self.pictures += 1
                self.kudos += reward
                self._made.append((self._clock(), reward))
                self._settle(event.id)
            case events.Failed(reason=reason):
                self.failures += 1
                self.faults.append(reason)
                self._settle(event.id)
            case events.Waiting(reason=reason, about=about):
                self._waits[about] = reason
            case events.Resumed(about=about):
                self._waits.pop(about, None)
            case events.Measured(model=model):
                self.measured[model] = event
            case events.Skipped(reasons=reasons):
                self.skipped = reasons
            case _:
                pass

    def _step(self, ids: tuple[str, ...], part: float, device: str) -> None:
        known = self._jobs.get(ids)
        model = known.model if known else self._fetched.pop(ids, "")
        if part >= 1:
            self._jobs.pop(ids, None)
        else:
            self._jobs[ids] = Job(ids, model, part, device)

    def _settle(self, horde_id: str) -> None:
        ids = self._open.pop(horde_id, ())
        self._fetched.pop(ids, None)
        self._jobs.pop(ids, None)

    def told(self) -> dict[str, object]:
        """Return it all as plain values, for the status page."""
        images, kudos = self.lately()
        return {
            "name": self.started.name if self.started else "",
            "serves": self.started.url if self.started else "",
            "engine": self.started.engine if self.started else "",
            "models": list(self.started.models) if self.started else [],
            "jobs": [
                {"model": job.model, "part": round(job.part, 3), "device": job.device}
                for job in self.jobs
            ],
            "queue": self.queue,
            "images_per_hour": round(images, 1),
            "kudos_per_hour": round(kudos, 1),
            "pictures": self.pictures,
            "failures": self.failures,
            "kudos": round(self.kudos, 2),
            "waiting": self.waiting,
            "skipped": self.skipped,
            "faults": list(self.faults),
            "measured": {
                name: {
                    "seconds_per_effort": round(each.seconds_per_effort, 4),
                    "max_pixels": each.max_pixels,
                    "amount": each.amount,
                    "ahead": each.ahead,
                }
                for name, each in self.measured.items()
            },
        }
