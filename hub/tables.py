"""The hub's tables. `hub/migrations` makes them; times are seconds since 1970 (UTC)."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

import sqlalchemy as sa

Row = sa.Row[tuple[Any, ...]]


class State(StrEnum):
    """Where a generation (one picture at one worker) is."""

    PROCESSING = "processing"
    DONE = "done"
    FAULTED = "faulted"
    """The worker said it cannot."""
    ABORTED = "aborted"
    """The worker took longer than the ttl."""
    LOST = "lost"
    """The worker was started again and no longer knows of it."""


class FormState(StrEnum):
    """Where a form (one thing an alchemist does with a picture) is. The values are the Horde's."""

    WAITING = "waiting"
    PROCESSING = "processing"
    DONE = "done"
    FAULTED = "faulted"
    CANCELLED = "cancelled"


class Kind(StrEnum):
    """What a worker does. The values are the Horde's."""

    IMAGE = "image"
    ALCHEMIST = "interrogation"


METADATA = sa.MetaData()

USERS = sa.Table(
    "users",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("created", sa.Float),
    sa.Column("spent", sa.Float),
    sa.Column("earned", sa.Float),
    sa.Column("asked", sa.Integer),
    sa.Column("asked_work", sa.Float),
    sa.Column("made", sa.Integer),
    sa.Column("made_work", sa.Float),
    sa.Column("asked_forms", sa.Integer),
    sa.Column("made_forms", sa.Integer),
)
WORKERS = sa.Table(
    "workers",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("name", sa.String),
    sa.Column("kind", sa.String),
    sa.Column("owner", sa.Integer),
    sa.Column("offer", sa.Text),
    sa.Column("info", sa.String),
    sa.Column("maintenance", sa.Boolean),
    sa.Column("maintenance_msg", sa.String),
    sa.Column("paused", sa.Boolean),
    sa.Column("created", sa.Float),
    sa.Column("seen", sa.Float),
    sa.Column("uptime", sa.Float),
    sa.Column("delivered", sa.Float),
    sa.Column("recent_work", sa.Float),
    sa.Column("recent_seconds", sa.Float),
    sa.Column("made", sa.Integer),
    sa.Column("made_work", sa.Float),
    sa.Column("earned", sa.Float),
    sa.Column("uncompleted", sa.Integer),
)
REQUESTS = sa.Table(
    "requests",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer),
    sa.Column("owner", sa.Integer),
    sa.Column("body", sa.Text),
    sa.Column("seed", sa.BigInteger),
    sa.Column("n", sa.Integer),
    sa.Column("waiting", sa.Integer),
    sa.Column("work", sa.Float),
    sa.Column("price", sa.Float),
    sa.Column("kudos", sa.Float),
    sa.Column("faulted", sa.Boolean),
    sa.Column("cancelled", sa.Boolean),
    sa.Column("created", sa.Float),
    sa.Column("expires", sa.Float),
)
GENERATIONS = sa.Table(
    "generations",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("request", sa.String),
    sa.Column("number", sa.Integer),
    sa.Column("batch", sa.String),
    sa.Column("state", sa.String),
    sa.Column("worker", sa.String),
    sa.Column("worker_name", sa.String),
    sa.Column("owner", sa.Integer),
    sa.Column("started", sa.Float),
    sa.Column("model", sa.String),
    sa.Column("work", sa.Float),
    sa.Column("popped", sa.Float),
    sa.Column("deadline", sa.Float),
    sa.Column("delivered", sa.Float),
    sa.Column("seed", sa.String),
    sa.Column("censored", sa.Boolean),
    sa.Column("gen_metadata", sa.JSON),
)
ALCHEMIES = sa.Table(
    "alchemies",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("place", sa.Integer),
    sa.Column("owner", sa.Integer),
    sa.Column("tiles", sa.Integer),
    sa.Column("trusted", sa.Boolean),
    sa.Column("webhook", sa.String),
    sa.Column("created", sa.Float),
    sa.Column("expires", sa.Float),
)
FORMS = sa.Table(
    "forms",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("alchemy", sa.String),
    sa.Column("number", sa.Integer),
    sa.Column("name", sa.String),
    sa.Column("payload", sa.JSON(none_as_null=True)),
    sa.Column("price", sa.Float),
    sa.Column("state", sa.String),
    sa.Column("failures", sa.Integer),
    sa.Column("losses", sa.Integer),
    sa.Column("worker", sa.String),
    sa.Column("worker_name", sa.String),
    sa.Column("owner", sa.Integer),
    sa.Column("started", sa.Float),
    sa.Column("popped", sa.Float),
    sa.Column("deadline", sa.Float),
    sa.Column("result", sa.JSON(none_as_null=True)),
)
PICTURES = sa.Table(
    "pictures",
    METADATA,
    sa.Column("name", sa.String, primary_key=True),
    sa.Column("stored", sa.Float),
)
