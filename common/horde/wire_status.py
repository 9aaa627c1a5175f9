"""What a Horde tells about itself: its models, its workers, its load, its modes and its news."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from common.wire import Answer

_DAY = re.compile(r"\d{4}-\d\d-\d\d")


def _day(value: Any) -> date | None:
    """Return the day a text begins with; None for anything else."""
    found = _DAY.match(value) if isinstance(value, str) else None
    try:
        return date.fromisoformat(found.group()) if found else None
    except ValueError:
        return None


class ModelStatus(Answer):
    """One row of `GET /v2/status/models`."""

    name: str
    count: int = 0
    performance: float = 0
    queued: float = 0
    jobs: float = 0
    eta: int = 0
    type: str = "image"


class WorkerStatus(Answer):
    """One row of `GET /v2/workers`, and the whole of `GET /v2/workers/{id}`."""

    id: str = ""
    name: str
    type: str = "image"
    """`image`, `text` or `interrogation`."""
    online: bool = False
    """Whether it asked for work in the last 5 minutes."""
    trusted: bool = False
    maintenance_mode: bool = False
    paused: bool = False
    flagged: bool = False
    nsfw: bool = False
    models: list[str] = Field(default=[])
    forms: list[str] = Field(default=[])
    """What an alchemist does, instead of models."""
    max_pixels: int | None = None
    threads: int = 1
    performance: str = ""
    """In the server's words, e.g. "20.3 megapixelsteps per second"."""
    requests_fulfilled: int = 0
    uncompleted_jobs: int = 0
    kudos_rewards: float = 0
    uptime: int = 0
    """Seconds."""
    info: str = ""
    """What its owner says of it."""
    owner: str = ""
    """`alias#id`; only if the owner shows it."""
    bridge_agent: str = ""
    """`name:version:url`."""
    img2img: bool = False
    painting: bool = False
    lora: bool = False
    controlnet: bool = False
    post_processing: bool = Field(default=False, alias="post-processing")


class Heartbeat(Answer):
    """`GET /v2/status/heartbeat`."""

    message: str = "OK"
    version: str = ""


class Performance(Answer):
    """`GET /v2/status/performance`: how much is waited for, and who works."""

    queued_requests: int = 0
    """Pictures waiting."""
    queued_megapixelsteps: float = 0
    past_minute_megapixelsteps: float = 0
    """Made in the last minute."""
    worker_count: int = 0
    thread_count: int = 0
    queued_text_requests: int = 0
    queued_tokens: float = 0
    past_minute_tokens: float = 0
    text_worker_count: int = 0
    text_thread_count: int = 0
    queued_forms: float = 0
    """Alchemy."""
    interrogator_count: int = 0
    interrogator_thread_count: int = 0


class Modes(Answer):
    """`GET /v2/status/modes`, as people who are no moderators see it."""

    maintenance_mode: bool = False
    invite_only_mode: bool = False


class News(Answer):
    """One piece of `GET /v2/status/news`, newest first."""

    title: str = ""
    newspiece: str
    """Markdown."""
    date_published: Annotated[date | None, BeforeValidator(_day)] = None
    importance: str = ""
    """E.g. "Information", "Workers"."""
    tags: list[str] = Field(default=[])
    more_info_urls: list[str] = Field(default=[])
