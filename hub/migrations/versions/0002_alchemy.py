"""Alchemy: pictures to be looked at or worked upon, alchemists; workers that are paused."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "alchemies",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False, unique=True),
        sa.Column("owner", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("tiles", sa.Integer, nullable=False),
        sa.Column("trusted", sa.Boolean, nullable=False),
        sa.Column("webhook", sa.String(1024)),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
    )
    op.create_index("alchemies_expiry", "alchemies", ["expires"])
    op.create_table(
        "forms",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "alchemy",
            sa.String(36),
            sa.ForeignKey("alchemies.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.String(64), nullable=False),
        sa.Column("payload", sa.JSON),
        sa.Column("price", sa.Float, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("losses", sa.Integer, nullable=False),
        sa.Column("worker", sa.String(36)),
        sa.Column("worker_name", sa.String(100)),
        sa.Column("owner", sa.Integer),
        sa.Column("started", sa.Float),
        sa.Column("popped", sa.Float),
        sa.Column("deadline", sa.Float),
        sa.Column("result", sa.JSON),
    )
    op.create_index("forms_alchemy", "forms", ["alchemy", "number"])
    op.create_index("forms_state", "forms", ["state", "name"])
    kind = sa.Column("kind", sa.String(16), nullable=False, server_default="image")
    op.add_column("workers", kind)
    paused = sa.Column("paused", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("workers", paused)
    for name in ("asked_forms", "made_forms"):
        op.add_column("users", sa.Column(name, sa.Integer, nullable=False, server_default="0"))


def downgrade() -> None:
    for name in ("asked_forms", "made_forms"):
        op.drop_column("users", name)
    for name in ("paused", "kind"):
        op.drop_column("workers", name)
    for table in ("forms", "alchemies"):
        op.drop_table(table)
