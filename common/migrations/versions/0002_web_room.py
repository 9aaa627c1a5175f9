"""The web room: its visitors, their messages, the bot's answers and the pictures in them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "web_visitors",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("nickname", sa.String(64), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
    )
    op.create_table(
        "web_messages",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("author", sa.String(32), sa.ForeignKey("web_visitors.id")),
        sa.Column("kind", sa.String(16), nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("reply_to", sa.Integer, sa.ForeignKey("web_messages.id")),
        sa.Column("token", sa.String(64)),
        sa.Column("part", sa.Integer),
        sa.Column("total", sa.Integer),
        sa.Column("ending", sa.String(16)),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("suggestions", sa.JSON, nullable=False),
        sa.Column("follow_ups", sa.JSON, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("hidden", sa.Boolean, nullable=False),
        sa.UniqueConstraint("author", "token"),
        sa.UniqueConstraint("reply_to", "part"),
        sqlite_autoincrement=True,
    )
    op.create_index("web_messages_room", "web_messages", ["room", "id"])
    op.create_table(
        "web_pictures",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("message", sa.Integer, sa.ForeignKey("web_messages.id"), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("sha256", sa.String(64), nullable=False),
        sa.Column("mime", sa.String(32), nullable=False),
        sa.Column("width", sa.Integer, nullable=False),
        sa.Column("height", sa.Integer, nullable=False),
        sa.Column("alt", sa.Text, nullable=False),
        sa.Column("style", sa.String(255), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.UniqueConstraint("message", "number"),
    )
    op.create_index("web_pictures_sha256", "web_pictures", ["sha256"])


def downgrade() -> None:
    for table in ("web_pictures", "web_messages", "web_visitors"):
        op.drop_table(table)
