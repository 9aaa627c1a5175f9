"""What the store hands out: rows as values, and the states a request and a job go through."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from common.model import Ending, Incoming, Job, Note
from styles import image_request
from styles.image_request import ImageRequest


class RequestState(StrEnum):
    """Where a request stands. The last five are final."""

    RECEIVED = "received"
    """Written down, not read yet."""
    WORKING = "working"
    """Read and resolved; its jobs are on their way."""
    REPLYING = "replying"
    """The answer is decided and is being posted."""
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    EXPIRED = "expired"
    """Heard too late to be answered."""
    CANCELLED = "cancelled"
    """Taken back by the asker, or nothing for us after all."""


OPEN_STATES = (RequestState.RECEIVED, RequestState.WORKING, RequestState.REPLYING)
FINAL_STATES = tuple(state for state in RequestState if state not in OPEN_STATES)
ENDED = {Ending.REFUSED: RequestState.REFUSED, Ending.FAILED: RequestState.FAILED}
"""How a request is closed by how it ended; else it is done."""


class JobState(StrEnum):
    """Where one submission stands. The last four are final."""

    WAITING = "waiting"
    SUBMITTING = "submitting"
    """The submission is being sent; found after a crash it may have arrived or not."""
    SUBMITTED = "submitted"
    DONE = "done"
    FAULTED = "faulted"
    ABANDONED = "abandoned"
    """Nobody waits for it any more, and its Horde has not been told yet."""
    CANCELLED = "cancelled"


ENDED_JOBS = (JobState.DONE, JobState.FAULTED, JobState.ABANDONED, JobState.CANCELLED)
UNTOLD_JOBS = (JobState.WAITING, JobState.SUBMITTING, JobState.SUBMITTED, JobState.ABANDONED)
"""Of which a Horde may still be working on what nobody waits for."""


@dataclass(frozen=True, slots=True)
class RequestRow:
    """A request as stored."""

    id: str
    incoming: Incoming
    parsed: dict[str, Any] | None
    """The read request (`styles/image_request.py` makes it JSON and back); None before."""
    rng_seed: int
    parent: str | None
    state: RequestState
    outcome: dict[str, Any] | None
    notes: tuple[Note, ...]
    created: float
    """Unix time at which it was written down."""

    @property
    def image(self) -> ImageRequest:
        """What was asked for; an empty request before it is read."""
        return image_request.from_json(self.parsed or {"prompt": ""})


@dataclass(frozen=True, slots=True)
class JobRow:
    """A job as stored."""

    id: int
    number: int
    job: Job
    state: JobState
    endpoint: str | None
    horde_id: str | None
    attempts: int
    """Submissions begun."""
    wasted: int
    """Submissions that may have been made for nothing."""
    reason: str | None
    """Why it ended without all its pictures: a sentence for people."""
    changed: float = 0.0
    """Unix time of its last change."""


@dataclass(frozen=True, slots=True)
class PictureRow:
    """A generation as it came back; without `sha256` when it was censored."""

    job: int
    generation: str
    """The Horde's id of it."""
    seed: str
    model: str
    worker: str
    censored: bool
    gen_metadata: tuple[dict[str, Any], ...] = ()
    sha256: str | None = None
    mime: str | None = None
    width: int | None = None
    height: int | None = None
    likeness: str | None = None
    """What it looks like (`common.pictures.likeness`); None where nobody looked."""


@dataclass(frozen=True, slots=True)
class PostRow:
    """A part of an answer on its platform."""

    part: int
    posted: bool
    """Also if it was taken back since. False: about to be posted; found after a crash it may be
    there or not."""
    platform_id: str | None
    before: bool = False
    """Whether it was about to be posted once before."""
