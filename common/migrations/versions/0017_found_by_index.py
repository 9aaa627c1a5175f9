"""Rows that are looked for with every request, every cancelling and every deletion: by an index."""

from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    # without it each deleted request looked through all pictures, and so did each answer
    op.create_index("pictures_request", "pictures", ["request"])
    op.create_index("jobs_state", "jobs", ["state"])
    op.create_index("requests_created", "requests", ["account", "created"])
    op.drop_index("requests_open", "requests")
    op.create_index("requests_open", "requests", ["account", "state", "changed"])


def downgrade() -> None:
    op.drop_index("requests_open", "requests")
    op.create_index("requests_open", "requests", ["account", "state"])
    op.drop_index("requests_created", "requests")
    op.drop_index("jobs_state", "jobs")
    op.drop_index("pictures_request", "pictures")
