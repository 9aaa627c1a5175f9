"""In which language a message of the room is to be answered."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    op.add_column("web_messages", sa.Column("language", sa.String(16)))


def downgrade() -> None:
    op.drop_column("web_messages", "language")
