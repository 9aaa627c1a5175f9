"""What a request has done to an event is done once."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "event_requests",
        sa.Column("request", sa.String(16), primary_key=True),
        sa.Column(
            "event", sa.String(16), sa.ForeignKey("events.id", ondelete="CASCADE"), nullable=False
        ),
        sa.Column("number", sa.Integer),
        sa.Column("at", sa.Float, nullable=False),
        sa.Index("event_requests_at", "at"),
    )


def downgrade() -> None:
    op.drop_table("event_requests")
