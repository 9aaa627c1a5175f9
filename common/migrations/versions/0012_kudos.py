"""Who pays for events, who won what, and each transfer."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.create_table(
        "kudos_funds",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("purpose", sa.String(16), nullable=False),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("kudos", sa.Integer, nullable=False),
        sa.Column("token", sa.String(64), unique=True),
        sa.Column("browser", sa.String(64)),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("shared_key", sa.LargeBinary),
        sa.Column("until", sa.Float),
        sa.Column("created", sa.Float, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
    )
    op.create_index("kudos_funds_event", "kudos_funds", ["event", "purpose"])
    op.create_table(
        "kudos_prizes",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("person", sa.String(64), nullable=False),
        sa.Column("payee", sa.String(64), nullable=False),
        sa.Column("reason", sa.String(32), nullable=False),
        sa.Column("kudos", sa.Integer, nullable=False),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("created", sa.Float, nullable=False),
        sa.UniqueConstraint("event", "person", "reason"),
    )
    op.create_index("kudos_prizes_payee", "kudos_prizes", ["payee"])
    op.create_table(
        "kudos_transfers",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("prize", sa.String(32), sa.ForeignKey("kudos_prizes.id"), nullable=False),
        sa.Column("event", sa.String(16), nullable=False),
        sa.Column("fund", sa.String(32), sa.ForeignKey("kudos_funds.id"), nullable=False),
        sa.Column("kudos", sa.Integer, nullable=False),
        sa.Column("receiver", sa.String(255)),
        sa.Column("state", sa.String(16), nullable=False),
        sa.Column("doubtful", sa.Boolean, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("due", sa.Float, nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("changed", sa.Float, nullable=False),
        sa.UniqueConstraint("prize", "fund"),
    )
    op.create_index("kudos_transfers_due", "kudos_transfers", ["state", "due"])
    op.create_index("kudos_transfers_event", "kudos_transfers", ["event"])


def downgrade() -> None:
    for table in ("kudos_transfers", "kudos_prizes", "kudos_funds"):
        op.drop_table(table)
