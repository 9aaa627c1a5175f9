"""Settings that moderators make in the chat, and how far the platforms' lists are read."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "chat_settings",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("community", sa.String(255), primary_key=True),
        sa.Column("channel", sa.String(255), primary_key=True),
        sa.Column("settings", sa.JSON, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )
    op.create_table(
        "cursors",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("position", sa.String(255), nullable=False),
    )


def downgrade() -> None:
    op.drop_table("cursors")
    op.drop_table("chat_settings")
