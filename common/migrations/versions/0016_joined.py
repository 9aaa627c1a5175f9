"""How old an account is that a browser is bound to."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    for table in ("link_codes", "links"):
        op.add_column(table, sa.Column("joined", sa.Float))


def downgrade() -> None:
    for table in ("link_codes", "links"):
        op.drop_column(table, "joined")
