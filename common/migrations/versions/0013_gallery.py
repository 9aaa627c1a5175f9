"""Copies in the web gallery, the files they hold, and pictures behind a veil."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.create_table(
        "holds",
        sa.Column(
            "copy",
            sa.Integer,
            sa.ForeignKey("copies.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
    op.create_index("holds_sha256", "holds", ["sha256"])
    op.add_column(
        "web_messages",
        sa.Column("veiled", sa.Boolean, nullable=False, server_default=sa.false()),
    )
    op.add_column("web_messages", sa.Column("copy", sa.String(16)))
    op.create_index("web_messages_copy", "web_messages", ["room", "copy"], unique=True)


def downgrade() -> None:
    op.drop_index("web_messages_copy", "web_messages")
    op.drop_column("web_messages", "copy")
    op.drop_column("web_messages", "veiled")
    op.drop_table("holds")
