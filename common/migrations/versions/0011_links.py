"""Which accounts are one person's, and where their kudos go."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "link_codes",
        sa.Column("browser", sa.String(64), primary_key=True),
        sa.Column("code", sa.String(64), nullable=False, unique=True),
        sa.Column("until", sa.Float, nullable=False),
        sa.Column("person", sa.String(64)),
        sa.Column("account", sa.String(64)),
        sa.Column("name", sa.String(255)),
        sa.Column("confirmed", sa.Boolean, nullable=False),
    )
    op.create_table(
        "links",
        sa.Column("browser", sa.String(64), primary_key=True),
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("account", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )
    op.create_index("links_person", "links", ["person"])
    op.create_table(
        "link_tries",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("count", sa.Integer, nullable=False),
        sa.Column("since", sa.Float, nullable=False),
    )
    op.create_table(
        "horde_names",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("at", sa.Float, nullable=False),
    )


def downgrade() -> None:
    for table in ("horde_names", "link_tries", "links", "link_codes"):
        op.drop_table(table)
