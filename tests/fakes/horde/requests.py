"""The requests a fake Horde has accepted, and how far each is at any time."""

from __future__ import annotations

import math
import uuid
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

WORKER_ID = "00000000-0000-4000-8000-00000000f00d"
WORKER_NAME = "fake worker"


class Fate(StrEnum):
    """What becomes of a request."""

    OK = "ok"
    FAULTED = "faulted"
    """Workers gave up three times. `done` is true as well."""
    EMPTY = "empty"
    """Workers gave up twice. `done` is true, `faulted` is not, and there is no picture."""
    CENSORED = "censored"
    IMPOSSIBLE = "impossible"
    """Nobody can make it; it waits for ever."""


@dataclass(slots=True)
class FakeRequest:
    body: dict[str, Any]
    created: float
    seconds: float | None
    """Time for all pictures, made one after the other; None: only `finish` makes any."""
    fate: Fate = Fate.OK
    waits: list[int] = field(default_factory=list)
    """`wait_time` of the next answers; the last stays. Empty: what `guess` makes of the truth."""
    guess: Callable[[float], int] = math.ceil
    """From the seconds it still takes to those the server tells."""
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    by_hand: int = 0
    wanted_still: int | None = None
    """Pictures that are made although it was cancelled; None: it was not."""
    setbacks: int = 0
    """How often workers gave up on it before. From the second time on the server says `done` too
    early, because it counts these among what was made."""
    stranded: bool = False
    """Whether maintenance came over it: what waits is not made, and that is never said."""
    queued: bool = False
    """Whether it waits in a long queue: no worker has taken any of it yet."""
    checked: tuple[float, dict[str, Any]] = float("-inf"), {}
    """When `check` was last worked out, and its answer."""
    announced: int = 0
    """Pictures told to the webhook."""
    gen_metadata: list[dict[str, str]] = field(default_factory=list)
    """What every worker says of its picture."""

    @property
    def n(self) -> int:
        return int(self.body.get("params", {}).get("n", 1))

    @property
    def cancelled(self) -> bool:
        return self.wanted_still is not None

    @property
    def wanted(self) -> int:
        return self.n if self.wanted_still is None else self.wanted_still

    @property
    def model(self) -> str:
        return (self.body.get("models") or ["stable_diffusion"])[0]

    def seed(self, number: int) -> int:
        text = self.body.get("params", {}).get("seed")
        if text is None:
            first = zlib.crc32(self.id.encode())
        else:
            first = int(text) if text.isdigit() else zlib.crc32(text.encode())
        return (first + number) % 2**32

    def generation_id(self, number: int) -> str:
        return str(uuid.uuid5(uuid.UUID(self.id), str(number)))

    def finished(self, now: float) -> int:
        """Return how many pictures exist now."""
        if self.fate in {Fate.FAULTED, Fate.EMPTY, Fate.IMPOSSIBLE}:
            return 0
        if self.stranded:
            return self.by_hand
        by_time = math.floor(self._share(now) * self.n + 1e-9)
        return min(max(by_time, self.by_hand), self.wanted)

    def _share(self, now: float) -> float:
        """Return how much of its time has passed, from 0 up; 0 where only `finish` counts."""
        if self.seconds is None:
            return 0.0
        return (now - self.created) / self.seconds if self.seconds > 0 else 1.0

    def cancel(self, now: float) -> None:
        """Begin no more pictures; that in the making is finished, and those that exist stay."""
        self.wanted_still = self.finished(now) + self._working(now)

    def _working(self, now: float) -> int:
        waits = self.fate is Fate.IMPOSSIBLE or self.stranded or self.queued
        return 0 if waits or self._over(now) else min(1, self.wanted - self.finished(now))

    def _over(self, now: float) -> bool:
        given_up = self.fate is Fate.EMPTY and (self._share(now) >= 1 or self.by_hand > 0)
        return given_up or self.faulted(now) or self.finished(now) >= self.wanted

    def faulted(self, now: float) -> bool:
        if self.fate is not Fate.FAULTED:
            return False
        return self._share(now) >= 1 or self.by_hand > 0

    def next_wait(self, now: float) -> int:
        if len(self.waits) > 1:
            return self.waits.pop(0)
        if self.waits:
            return self.waits[0]
        if self.seconds is None or self.fate is Fate.IMPOSSIBLE or self.stranded:
            return 0
        return max(0, self.guess(self.created + self.seconds - now))

    def check(self, now: float) -> dict[str, Any]:
        """Return the body of `check`."""
        finished = self.finished(now)
        faulted, over = self.faulted(now), self._over(now)
        working = self._working(now)
        waiting = 0 if over or self.stranded else self.wanted - finished - working
        too_early = self.setbacks > 1 and not waiting
        return {
            "finished": finished,
            "processing": working,
            "restarted": self._restarted(over=over, faulted=faulted),
            "waiting": waiting,
            "done": over or (too_early and finished + self.setbacks - working >= self.wanted),
            "faulted": faulted,
            "wait_time": 0 if over else self.next_wait(now),
            "queue_position": 1 if waiting else 0,
            "kudos": 6.0 * finished,
            "is_possible": self.fate is not Fate.IMPOSSIBLE,
        }

    def _restarted(self, *, over: bool, faulted: bool) -> int:
        if faulted:
            return 3
        return 2 if over and self.fate is Fate.EMPTY else self.setbacks

    def strand(self, now: float) -> None:
        """Leave what waits lying, as the server does when it closes for maintenance."""
        self.by_hand, self.stranded = self.finished(now), True

    def status(self, now: float, images: Sequence[str]) -> dict[str, Any]:
        """Return the body of `status`; `images` has a link or base64 for each picture."""
        censored = self.fate is Fate.CENSORED
        return {
            "generations": [
                {
                    "img": image,
                    "seed": str(self.seed(number)),
                    "id": self.generation_id(number),
                    "censored": censored,
                    "gen_metadata": self.metadata(),
                    "worker_id": WORKER_ID,
                    "worker_name": WORKER_NAME,
                    "model": self.model,
                    "state": "ok",
                }
                for number, image in enumerate(images)
            ],
            "shared": False,
            **self.check(now),
        }

    def metadata(self) -> list[dict[str, str]]:
        censored = [{"type": "censorship", "value": "nsfw"}] if self.fate is Fate.CENSORED else []
        return [*censored, *self.gen_metadata]

    def webhook_call(self, number: int, image: str) -> dict[str, Any]:
        """Return what is posted to the webhook for one picture. Here the seed is an int."""
        return {
            "img": image,
            "seed": self.seed(number),
            "worker_id": WORKER_ID,
            "worker_name": WORKER_NAME,
            "model": self.model,
            "id": self.generation_id(number),
            "censored": self.fate is Fate.CENSORED,
            "gen_metadata": self.metadata(),
            "request": self.id,
            "kudos": 6.0,
        }
