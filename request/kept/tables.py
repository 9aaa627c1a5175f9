"""The tables of the life of a request; `common/migrations/` creates them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _request_key() -> sa.Column[str]:
    key = sa.ForeignKey("requests.id", ondelete="CASCADE")
    return sa.Column("request", sa.String(16), key, nullable=False)


requests = sa.Table(
    "requests",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("event_key", sa.String(255), nullable=False, unique=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("community", sa.String(255), nullable=False),
    sa.Column("channel", sa.String(255), nullable=False),
    sa.Column("person", sa.String(255), nullable=False),
    sa.Column("incoming", sa.JSON, nullable=False),
    sa.Column("parsed", sa.JSON),
    sa.Column("rng_seed", sa.BigInteger, nullable=False),
    sa.Column("parent", sa.String(16)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("outcome", sa.JSON),
    sa.Column("notes", sa.JSON, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.Index("requests_open", "account", "state", "changed"),
    sa.Index("requests_created", "account", "created"),
    sa.Index("requests_person", "account", "person", "created"),
    sa.Index("requests_community", "account", "community", "created"),
)

jobs = sa.Table(
    "jobs",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _request_key(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("endpoint", sa.String(64)),
    sa.Column("horde_id", sa.String(64)),
    sa.Column("attempts", sa.Integer, nullable=False),
    sa.Column("wasted", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text),
    sa.Column("changed", sa.Float, nullable=False),
    sa.UniqueConstraint("request", "number"),
    sa.Index("jobs_state", "state"),
)

pictures = sa.Table(
    "pictures",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _request_key(),
    sa.Column("job", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
    sa.Column("generation", sa.String(64), nullable=False),
    sa.Column("sha256", sa.String(64)),
    sa.Column("mime", sa.String(32)),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("seed", sa.String(64), nullable=False),
    sa.Column("model", sa.String(255), nullable=False),
    sa.Column("worker", sa.String(255), nullable=False),
    sa.Column("censored", sa.Boolean, nullable=False),
    sa.Column("gen_metadata", sa.JSON, nullable=False),
    sa.Column("perceptual_hash", sa.String(64)),
    sa.UniqueConstraint("job", "generation"),
    sa.Index("pictures_request", "request"),
    sa.Index("pictures_sha256", "sha256"),
)

posts = sa.Table(
    "posts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _request_key(),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("part", sa.Integer, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("platform_id", sa.String(255)),
    sa.Column("pictures", sa.JSON, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.UniqueConstraint("request", "part"),
    sa.Index("posts_platform", "account", "platform_id"),
)

reports = sa.Table(
    "reports",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _request_key(),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.UniqueConstraint("request", "person"),
)

spending = sa.Table(
    "spending",
    metadata,
    sa.Column("request", sa.String(16), primary_key=True),  # no key: it outlives the request
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("community", sa.String(255), nullable=False),
    sa.Column("kudos", sa.Float, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("spending_at", "at"),
)

votes = sa.Table(
    "votes",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("post", sa.String(255), nullable=False),
    sa.Column("asked", sa.Float, nullable=False),
    sa.Column("counted", sa.JSON(none_as_null=True)),
)
"""Polls under answers; `counted` has the votes by picture, when a poll has ended."""

copies = sa.Table(
    "copies",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("request", sa.String(16), nullable=False),  # no key: it outlives the request
    sa.Column("source", sa.String(64), nullable=False),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("target", sa.String(255), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("post", sa.String(255)),
    sa.Column("link", sa.Text),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.UniqueConstraint("request", "account", "target"),
    sa.Index("copies_due", "account", "state", "due"),
    sa.Index("copies_person", "person"),
)
"""Copies in showcases: of whose answer (`source`, and a mark of the person), and where."""

holds = sa.Table(
    "holds",
    metadata,
    sa.Column("copy", sa.ForeignKey("copies.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Index("holds_sha256", "sha256"),
)
"""Picture files that stay as long as a copy shows them, whatever becomes of the request."""

sources = sa.Table(
    "sources",
    metadata,
    sa.Column("request", sa.ForeignKey("requests.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("sha256", sa.String(64), primary_key=True),
    sa.Index("sources_sha256", "sha256"),
)
"""Picture files that requests start from."""

leases = sa.Table(
    "leases",
    metadata,
    sa.Column("name", sa.String(64), primary_key=True),
    sa.Column("owner", sa.String(64), nullable=False),
    sa.Column("fence", sa.Integer, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
)

forgotten_events = sa.Table(
    "forgotten_events",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("forgotten_events_at", "at"),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("what", sa.String(16), primary_key=True),
    sa.Column("at", sa.Float, nullable=False),
)

preferences = sa.Table(
    "preferences",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True),
    sa.Column("preferences", sa.JSON, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)
"""People's own defaults, by a mark of the person."""

chat_settings = sa.Table(
    "chat_settings",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("community", sa.String(255), primary_key=True),
    sa.Column("channel", sa.String(255), primary_key=True),
    sa.Column("settings", sa.JSON, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)

cursors = sa.Table(
    "cursors",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("position", sa.String(255), nullable=False),
)
