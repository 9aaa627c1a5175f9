"""Users, workers, requests, generations and pictures of the hub."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _create_users() -> None:
    op.create_table(
        "users",
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("name", sa.String(255), nullable=False, unique=True),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("spent", sa.Float, nullable=False),
        sa.Column("earned", sa.Float, nullable=False),
        sa.Column("asked", sa.Integer, nullable=False),
        sa.Column("asked_work", sa.Float, nullable=False),
        sa.Column("made", sa.Integer, nullable=False),
        sa.Column("made_work", sa.Float, nullable=False),
    )
    op.create_table(
        "workers",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("name", sa.String(100), nullable=False, unique=True),
        sa.Column("owner", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("offer", sa.Text, nullable=False),
        sa.Column("info", sa.String(1000), nullable=False),
        sa.Column("maintenance", sa.Boolean, nullable=False),
        sa.Column("maintenance_msg", sa.String(1000), nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("seen", sa.Float, nullable=False),
        sa.Column("uptime", sa.Float, nullable=False),
        sa.Column("delivered", sa.Float),
        sa.Column("recent_work", sa.Float, nullable=False),
        sa.Column("recent_seconds", sa.Float, nullable=False),
        sa.Column("made", sa.Integer, nullable=False),
        sa.Column("made_work", sa.Float, nullable=False),
        sa.Column("earned", sa.Float, nullable=False),
        sa.Column("uncompleted", sa.Integer, nullable=False),
    )


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column("place", sa.Integer, nullable=False, unique=True),
        sa.Column("owner", sa.Integer, sa.ForeignKey("users.id"), nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("n", sa.Integer, nullable=False),
        sa.Column("waiting", sa.Integer, nullable=False),
        sa.Column("work", sa.Float, nullable=False),
        sa.Column("price", sa.Float, nullable=False),
        sa.Column("kudos", sa.Float, nullable=False),
        sa.Column("faulted", sa.Boolean, nullable=False),
        sa.Column("cancelled", sa.Boolean, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("expires", sa.Float, nullable=False),
    )
    op.create_index("requests_queue", "requests", ["waiting", "place"])
    op.create_index("requests_expiry", "requests", ["expires"])


def _create_generations() -> None:
    op.create_table(
        "generations",
        sa.Column("id", sa.String(36), primary_key=True),
        sa.Column(
            "request",
            sa.String(36),
            sa.ForeignKey("requests.id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("batch", sa.String(36), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("worker", sa.String(36), nullable=False),
        sa.Column("worker_name", sa.String(100), nullable=False),
        sa.Column("owner", sa.Integer, nullable=False),
        sa.Column("started", sa.Float),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("work", sa.Float, nullable=False),
        sa.Column("popped", sa.Float, nullable=False),
        sa.Column("deadline", sa.Float, nullable=False),
        sa.Column("delivered", sa.Float),
        sa.Column("seed", sa.String(24), nullable=False),
        sa.Column("censored", sa.Boolean, nullable=False),
        sa.Column("gen_metadata", sa.JSON, nullable=False),
    )
    op.create_index("generations_request", "generations", ["request", "state"])
    op.create_index("generations_state", "generations", ["state", "deadline"])
    op.create_index("generations_worker", "generations", ["worker", "state"])


def _create_pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("name", sa.String(60), primary_key=True),
        sa.Column("stored", sa.Float, nullable=False),
    )
    op.create_index("pictures_age", "pictures", ["stored"])


def upgrade() -> None:
    _create_users()
    _create_requests()
    _create_generations()
    _create_pictures()


def downgrade() -> None:
    for table in ("pictures", "generations", "requests", "workers", "users"):
        op.drop_table(table)
