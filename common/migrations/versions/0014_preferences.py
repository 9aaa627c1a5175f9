"""People's own defaults."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "preferences",
        sa.Column("mark", sa.String(64), primary_key=True),
        sa.Column("preferences", sa.JSON, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )


def downgrade() -> None:
    op.drop_table("preferences")
