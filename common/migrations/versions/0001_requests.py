"""Requests, jobs, pictures, posts and account leases."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def _of_request() -> sa.Column[str]:
    key = sa.ForeignKey("requests.id", ondelete="CASCADE")
    return sa.Column("request", sa.String(16), key, nullable=False)


def _create_requests() -> None:
    op.create_table(
        "requests",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("event_key", sa.String(255), nullable=False, unique=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("community", sa.String(255), nullable=False),
        sa.Column("channel", sa.String(255), nullable=False),
        sa.Column("person", sa.String(255), nullable=False),
        sa.Column("incoming", sa.JSON, nullable=False),
        sa.Column("parsed", sa.JSON),
        sa.Column("rng_seed", sa.BigInteger, nullable=False),
        sa.Column("parent", sa.String(16)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("outcome", sa.JSON),
        sa.Column("notes", sa.JSON, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )
    op.create_index("requests_open", "requests", ["account", "state"])
    op.create_index("requests_person", "requests", ["account", "person", "created"])
    op.create_table(
        "jobs",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_request(),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("body", sa.JSON, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("endpoint", sa.String(64)),
        sa.Column("horde_id", sa.String(64)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("wasted", sa.Integer, nullable=False),
        sa.Column("reason", sa.Text),
        sa.Column("changed", sa.Float, nullable=False),
        sa.UniqueConstraint("request", "number"),
    )


def _create_pictures() -> None:
    op.create_table(
        "pictures",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_request(),
        sa.Column("job", sa.Integer, sa.ForeignKey("jobs.id", ondelete="CASCADE"), nullable=False),
        sa.Column("generation", sa.String(64), nullable=False),
        sa.Column("sha256", sa.String(64)),
        sa.Column("mime", sa.String(32)),
        sa.Column("width", sa.Integer),
        sa.Column("height", sa.Integer),
        sa.Column("seed", sa.String(64), nullable=False),
        sa.Column("model", sa.String(255), nullable=False),
        sa.Column("worker", sa.String(255), nullable=False),
        sa.Column("censored", sa.Boolean, nullable=False),
        sa.Column("gen_metadata", sa.JSON, nullable=False),
        sa.UniqueConstraint("job", "generation"),
    )


def _create_posts() -> None:
    op.create_table(
        "posts",
        sa.Column("id", sa.Integer, primary_key=True),
        _of_request(),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("part", sa.Integer, nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("platform_id", sa.String(255)),
        sa.Column("pictures", sa.JSON, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
        sa.UniqueConstraint("request", "part"),
    )
    op.create_index("posts_platform", "posts", ["account", "platform_id"])


def _create_leases() -> None:
    op.create_table(
        "leases",
        sa.Column("name", sa.String(64), primary_key=True),
        sa.Column("owner", sa.String(64), nullable=False),
        sa.Column("fence", sa.Integer, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
    )


def upgrade() -> None:
    _create_requests()
    _create_pictures()
    _create_posts()
    _create_leases()


def downgrade() -> None:
    for table in ("leases", "posts", "pictures", "jobs", "requests"):
        op.drop_table(table)
