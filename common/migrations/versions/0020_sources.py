"""The pictures that requests start from, in rows of their own: found by an index."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

PREFIX = "sha256:"
AT_ONCE = 1000


def upgrade() -> None:
    sources = op.create_table(
        "sources",
        sa.Column(
            "request",
            sa.String(16),
            sa.ForeignKey("requests.id", ondelete="CASCADE"),
            primary_key=True,
        ),
        sa.Column("sha256", sa.String(64), primary_key=True),
    )
    requests = sa.table("requests", sa.column("id"), sa.column("parsed", sa.JSON))
    started = sa.select(requests.c.id, requests.c.parsed).where(
        requests.c.parsed["source_picture"].as_string().is_not(None)
    )
    connection = op.get_bind()
    for page in connection.execute(started).partitions(AT_ONCE):
        named = {(row.id, name) for row in page for name in _names(row.parsed)}
        rows = [{"request": request, "sha256": name} for request, name in sorted(named)]
        connection.execute(sources.insert(), rows)
    op.create_index("sources_sha256", "sources", ["sha256"])


def _names(parsed: dict[str, Any]) -> list[str]:
    named = (parsed["source_picture"], *parsed.get("extra_pictures", ()))
    return [name.removeprefix(PREFIX) for name in named]


def downgrade() -> None:
    op.drop_table("sources")
