"""What the worker says it is doing. The command line turns these into lines and a progress bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Started:
    """The engine is loaded and the first pop is about to go out."""

    name: str
    url: str
    engine: str
    models: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Popped:
    """The server gave a job. Ids are the server's, one per picture."""

    ids: tuple[str, ...]
    model: str
    width: int
    height: int
    steps: int


@dataclass(frozen=True, slots=True)
class Step:
    """How far the engine is with a job, 0..1."""

    ids: tuple[str, ...]
    part: float
    device: str = ""


@dataclass(frozen=True, slots=True)
class Submitted:
    """A picture is with the server."""

    id: str
    seed: int
    reward: float
    """Kudos, by the server's reckoning."""


@dataclass(frozen=True, slots=True)
class Failed:
    """A picture will not come; the server has been told, if it could be."""

    id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """No jobs are taken for now. Said once per reason."""

    reason: str
    about: str = ""
    """Who waits, or for whom: its `Resumed` says the same."""


@dataclass(frozen=True, slots=True)
class Resumed:
    """What was waited for is over."""

    about: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the operator should read: the server's messages, why it has no job for us."""

    text: str


@dataclass(frozen=True, slots=True)
class Measured:
    """How fast a model is here, and what is offered for it. Told when it is first known."""

    model: str
    seconds_per_effort: float
    """Seconds a step over 512 × 512 pixels takes."""
    max_pixels: int
    amount: int
    """Pictures of one job."""
    ahead: int
    """Jobs fetched ahead, at most."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """Why the server had nothing for this worker, each time the reasons change."""

    reasons: str


WorkerEvent = (
    Started | Popped | Step | Submitted | Failed | Waiting | Resumed | Notice | Measured | Skipped
)
Report = Callable[[WorkerEvent], None]
