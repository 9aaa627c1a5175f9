"""Reports of answers, and a way to a community's requests."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    key = sa.ForeignKey("requests.id", ondelete="CASCADE")
    op.create_table(
        "reports",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("request", sa.String(16), key, nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("at", sa.Float, nullable=False),
        sa.UniqueConstraint("request", "person"),
    )
    op.create_index("requests_community", "requests", ["account", "community", "created"])


def downgrade() -> None:
    op.drop_index("requests_community")
    op.drop_table("reports")
