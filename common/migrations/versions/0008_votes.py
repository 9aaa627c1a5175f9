"""Polls under answers, and how they ended."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.create_table(
        "votes",
        sa.Column(
            "request",
            sa.String(16),
            sa.ForeignKey("requests.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("post", sa.String(255), nullable=False),
        sa.Column("asked", sa.Float, nullable=False),
        sa.Column("counted", sa.JSON),
    )


def downgrade() -> None:
    op.drop_table("votes")
