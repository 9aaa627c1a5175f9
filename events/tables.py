"""The tables of events; `common/migrations/` creates them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()


def _event_key() -> sa.Column[str]:
    key = sa.ForeignKey("events.id", ondelete="CASCADE")
    return sa.Column("event", sa.String(16), key, nullable=False)


events = sa.Table(
    "events",
    metadata,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("name", sa.String(48), nullable=False, unique=True),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("due", sa.Float),
    sa.Column("hold", sa.String(16)),
    sa.Column("salt", sa.String(32), nullable=False),
    sa.Column("result", sa.JSON(none_as_null=True)),
    sa.Column("created", sa.Float, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
    sa.Index("events_due", "state", "due"),
)

event_steps = sa.Table(
    "event_steps",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _event_key(),
    sa.Column("step", sa.String(32), nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("who", sa.String(128), nullable=False),
    sa.Column("why", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("event_steps_event", "event", "id"),
)
"""Every transition: which, to which state, by whom (`clock`, or a moderator), and why."""

entries = sa.Table(
    "entries",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _event_key(),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("entrant", sa.String(64), nullable=False),
    sa.Column("shown", sa.String(16), nullable=False),
    sa.Column("name", sa.String(100), nullable=False),
    sa.Column("sha256", sa.String(64), nullable=False),
    sa.Column("mime", sa.String(32), nullable=False),
    sa.Column("likeness", sa.String(64), nullable=False),
    sa.Column("prompt_hash", sa.String(64), nullable=False),
    sa.Column("recipe", sa.JSON, nullable=False),
    sa.Column("ours", sa.Boolean, nullable=False),
    sa.Column("licence", sa.String(16), nullable=False),
    sa.Column("request", sa.String(16), nullable=False),  # no key: it outlives the request
    sa.Column("link", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.UniqueConstraint("event", "number"),
    sa.Index("entries_entrant", "entrant"),
    sa.Index("entries_sha256", "sha256"),
)

ballots = sa.Table(
    "ballots",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _event_key(),
    sa.Column("voter", sa.String(64), nullable=False),
    sa.Column("column", sa.String(64), nullable=False),
    sa.Column("choices", sa.JSON, nullable=False),
    sa.Column("receipt", sa.String(32), nullable=False, unique=True),
    sa.Column("at", sa.Float, nullable=False),
    sa.UniqueConstraint("event", "voter"),
    sa.Index("ballots_voter", "voter"),
)

event_counts = sa.Table(
    "event_counts",
    metadata,
    sa.Column("event", sa.ForeignKey("events.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("source", sa.String(128), primary_key=True),
    sa.Column("entry", sa.Integer, primary_key=True),
    sa.Column("kind", sa.String(96), nullable=False),
    sa.Column("votes", sa.Integer, nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
"""Votes that platforms count themselves: `poll` (heats) and `upvotes`, by entry."""

event_posts = sa.Table(
    "event_posts",
    metadata,
    sa.Column("id", sa.Integer, primary_key=True),
    _event_key(),
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("target", sa.String(255), nullable=False),
    sa.Column("body", sa.JSON, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("post", sa.String(255)),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.UniqueConstraint("event", "key", "account", "target"),
    sa.Index("event_posts_due", "account", "state", "due"),
)
"""What is posted of an event where: an outbox, as `copies` is for showcases."""

event_requests = sa.Table(
    "event_requests",
    metadata,
    sa.Column("request", sa.String(16), primary_key=True),  # no key: the request is another room's
    _event_key(),
    sa.Column("number", sa.Integer),
    sa.Column("at", sa.Float, nullable=False),
    sa.Index("event_requests_at", "at"),
)
"""Requests that have changed an event, and which entry: what comes again after a crash is known."""

event_series = sa.Table(
    "event_series",
    metadata,
    sa.Column("name", sa.String(48), primary_key=True),
    sa.Column("plan", sa.JSON, nullable=False),
    sa.Column("every_days", sa.Float, nullable=False),
    sa.Column("next_at", sa.Float),
    sa.Column("number", sa.Integer, nullable=False),
    sa.Column("theme", sa.Text, nullable=False),
    sa.Column("chooser", sa.String(64), nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
)
"""Recurring events: the next one's plan, when it is drafted, and who may choose its theme."""
