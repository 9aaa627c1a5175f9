"""Events: challenges, contests and parties, with their entries, ballots and posts."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def _event_key() -> sa.Column[str]:
    key = sa.ForeignKey("events.id", ondelete="CASCADE")
    return sa.Column("event", sa.String(16), key, nullable=False)


def _create_events() -> None:
    op.create_table(
        "events",
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
    )
    op.create_index("events_due", "events", ["state", "due"])
    op.create_table(
        "event_steps",
        sa.Column("id", sa.Integer, primary_key=True),
        _event_key(),
        sa.Column("step", sa.String(32), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("who", sa.String(128), nullable=False),
        sa.Column("why", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("event_steps_event", "event_steps", ["event", "id"])


def _create_entries() -> None:
    op.create_table(
        "entries",
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
        sa.Column("request", sa.String(16), nullable=False),
        sa.Column("link", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("event", "number"),
    )
    op.create_index("entries_entrant", "entries", ["entrant"])
    op.create_index("entries_sha256", "entries", ["sha256"])


def _create_votes() -> None:
    op.create_table(
        "ballots",
        sa.Column("id", sa.Integer, primary_key=True),
        _event_key(),
        sa.Column("voter", sa.String(64), nullable=False),
        sa.Column("column", sa.String(64), nullable=False),
        sa.Column("choices", sa.JSON, nullable=False),
        sa.Column("receipt", sa.String(32), nullable=False, unique=True),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("event", "voter"),
    )
    op.create_index("ballots_voter", "ballots", ["voter"])
    op.create_table(
        "event_counts",
        sa.Column(
            "event", sa.String(16), sa.ForeignKey("events.id", ondelete="CASCADE"), primary_key=True
        ),
        sa.Column("source", sa.String(128), primary_key=True),
        sa.Column("entry", sa.Integer, primary_key=True),
        sa.Column("kind", sa.String(96), nullable=False),
        sa.Column("votes", sa.Integer, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )


def _create_posts() -> None:
    op.create_table(
        "event_posts",
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
    )
    op.create_index("event_posts_due", "event_posts", ["account", "state", "due"])


def _create_series() -> None:
    op.create_table(
        "event_series",
        sa.Column("name", sa.String(48), primary_key=True),
        sa.Column("plan", sa.JSON, nullable=False),
        sa.Column("every_days", sa.Float, nullable=False),
        sa.Column("next_at", sa.Float),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("theme", sa.Text, nullable=False),
        sa.Column("chooser", sa.String(64), nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )


def upgrade() -> None:
    _create_events()
    _create_entries()
    _create_votes()
    _create_posts()
    _create_series()


def downgrade() -> None:
    op.drop_table("event_series")
    op.drop_table("event_posts")
    op.drop_table("event_counts")
    op.drop_table("ballots")
    op.drop_table("entries")
    op.drop_table("event_steps")
    op.drop_table("events")
