"""Hashes of events that are forgotten, by their age: they are kept for a year."""

from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_index("forgotten_events_at", "forgotten_events", ["at"])


def downgrade() -> None:
    op.drop_index("forgotten_events_at", "forgotten_events")
