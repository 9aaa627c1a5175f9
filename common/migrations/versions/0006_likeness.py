"""What a picture looks like, to find it where a platform took its recipe away."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("pictures", sa.Column("perceptual_hash", sa.String(64)))
    op.create_index("pictures_sha256", "pictures", ["sha256"])


def downgrade() -> None:
    op.drop_index("pictures_sha256", "pictures")
    with op.batch_alter_table("pictures") as table:
        table.drop_column("perceptual_hash")
