"""What a test may change of the fake Horde at any time, and what has come about on it."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.fakes.horde.pictures import SIDE
from tests.fakes.horde.requests import FakeRequest, Fate

MODELS = {
    "stable_diffusion": 12,
    "Deliberate": 8,
    "Dreamshaper": 6,
    "Anything Diffusion": 3,
    "ICBINP - I Can't Believe It's Not Photography": 4,
    "AlbedoBase XL (SDXL)": 9,
    "SDXL 1.0": 2,
    "AMPonyXL": 2,
    "Flux.1-Schnell fp8 (Compact)": 1,
}

NEWS = (
    {
        "date_published": "2026-05-02",
        "newspiece": "There are [new styles](https://example.org/styles).",
        "importance": "Information",
        "tags": ["styles"],
        "title": "New styles",
        "more_info_urls": ["https://example.org/styles"],
    },
    {
        "date_published": "2026-01-31",
        "newspiece": "Workers can be paused now.",
        "importance": "Workers",
        "tags": ["workers"],
        "title": "Pausing workers",
        "more_info_urls": [],
    },
)


@dataclass(eq=False)
class State:
    seconds: float | None = 0.0
    """How long a request takes; None: until `finish` is called."""
    models: dict[str, int] = field(default_factory=lambda: dict(MODELS))
    """How many workers serve each."""
    fate: Fate = Fate.OK
    """What becomes of requests for which there is none in `plan`."""
    plan: deque[Fate] = field(default_factory=deque)
    """What becomes of the next ones."""
    waits: list[int] = field(default_factory=list)
    """`wait_time` of the next answers of each; the last stays."""
    guess: Callable[[float], int] = math.ceil
    """From the seconds a request still takes to its `wait_time`."""
    concurrency: int | None = None
    """Pictures that may wait at a time; None: any number."""
    per_second: int | None = None
    """Submissions that its rate limiter lets through in a second (a fixed window); None: any."""
    keys: set[str] | None = None
    """Keys that are known; None: every key is."""
    trusted: bool = False
    service: bool = False
    """Whether the keys are a service account's, which may ask for others."""
    eta: dict[str, int] = field(default_factory=dict)
    """Seconds of queue by model; 0 for the others."""
    gen_metadata: list[dict[str, str]] = field(default_factory=list)
    """What workers say of the pictures of the next requests."""
    kept: float = 0.0
    """Seconds for which `check` repeats its last answer; a second on the public server."""
    setbacks: int = 0
    """How often workers give up on each of the next requests before they make it."""
    worker_trusted: bool = True
    worker_traits: dict[str, Any] = field(default_factory=dict)
    """What its worker is told of otherwise than usual, e.g. `{"lora": False}`."""
    styles: list[dict[str, Any]] = field(default_factory=list)
    """Styles kept on it, as its API tells them."""
    collections: list[dict[str, Any]] = field(default_factory=list)
    maintenance: bool = False
    invite_only: bool = False
    news: list[dict[str, Any]] = field(default_factory=lambda: [dict(piece) for piece in NEWS])
    """As its API tells them, newest first."""
    kudos: float = 1000.0
    """Of member#1, whose every key is that is not in `owners`."""
    owners: dict[str, str] = field(default_factory=dict)
    """Names of others by their keys; they stand in `users` too."""
    flagged: set[str] = field(default_factory=set)
    """Names of users who may neither give nor take."""
    users: dict[str, float] = field(default_factory=lambda: {"member#1": 0.0, "friend#2": 50.0})
    """Kudos by name; of member#1 see above."""
    shared_keys: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By id, as its API tells them. Their ids are keys as well."""
    transfers: list[tuple[str, int]] = field(default_factory=list)
    """Kudos that went, each once: to whom, how many."""
    orders: dict[tuple[str, str], tuple[str, int]] = field(default_factory=dict)
    """To whom and how many, by who gave and the idempotency key it came with."""
    sent_at: dict[tuple[str, str], float] = field(default_factory=dict)
    """When one user last gave to another, by the fake's clock."""
    alchemies: dict[str, FakeRequest] = field(default_factory=dict)
    alchemists: list[dict[str, Any]] = field(default_factory=list)
    """What alchemists say of themselves; usually nobody does any but answers all the same."""
    alchemy_fate: Fate = Fate.OK
    alchemy_taken: bool = True
    """Whether anybody takes forms at all."""
    alchemy_results: dict[str, Any] = field(default_factory=dict)
    """What alchemists find, by form, other than usual."""
    texts: dict[str, FakeRequest] = field(default_factory=dict)
    text: str = " there was a fox."
    """What text workers write."""
    side: int = SIDE
    requests: dict[str, FakeRequest] = field(default_factory=dict)
    pictures: dict[str, tuple[FakeRequest, int]] = field(default_factory=dict)
    """Request and number of each picture, made or not; links outlive their request."""
