"""The tables of kudos; `common/migrations/` creates them. They outlive their event: a record."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

kudos_funds = sa.Table(
    "kudos_funds",
    metadata,
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
    sa.Index("kudos_funds_event", "event", "purpose"),
)
"""Who pays for an event, how much at most, and with which key (sealed)."""

kudos_prizes = sa.Table(
    "kudos_prizes",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("person", sa.String(64), nullable=False),
    sa.Column("payee", sa.String(64), nullable=False),
    sa.Column("reason", sa.String(32), nullable=False),
    sa.Column("kudos", sa.Integer, nullable=False),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("created", sa.Float, nullable=False),
    sa.UniqueConstraint("event", "person", "reason"),
    sa.Index("kudos_prizes_payee", "payee"),
)
"""Who won what: `person` and `payee` are marks; `until` is how long it waits to be claimed."""

kudos_transfers = sa.Table(
    "kudos_transfers",
    metadata,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("prize", sa.ForeignKey("kudos_prizes.id"), nullable=False),
    sa.Column("event", sa.String(16), nullable=False),
    sa.Column("fund", sa.ForeignKey("kudos_funds.id"), nullable=False),
    sa.Column("kudos", sa.Integer, nullable=False),
    sa.Column("receiver", sa.String(255)),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("doubtful", sa.Boolean, nullable=False),
    sa.Column("tries", sa.Integer, nullable=False),
    sa.Column("due", sa.Float, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("changed", sa.Float, nullable=False),
    sa.UniqueConstraint("prize", "fund"),
    sa.Index("kudos_transfers_due", "state", "due"),
    sa.Index("kudos_transfers_event", "event"),
)
"""Each transfer, written before it is sent; the id is its idempotency key."""
