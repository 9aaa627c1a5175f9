"""The tables of links; `common/migrations/` creates them."""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

link_codes = sa.Table(
    "link_codes",
    metadata,
    sa.Column("browser", sa.String(64), primary_key=True),
    sa.Column("code", sa.String(64), nullable=False, unique=True),
    sa.Column("until", sa.Float, nullable=False),
    sa.Column("person", sa.String(64)),
    sa.Column("account", sa.String(64)),
    sa.Column("name", sa.String(255)),
    sa.Column("confirmed", sa.Boolean, nullable=False),
    sa.Column("joined", sa.Float),
)
"""Open codes: of which browser (a mark), hashed, and who posted it."""

links = sa.Table(
    "links",
    metadata,
    sa.Column("browser", sa.String(64), primary_key=True),
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("account", sa.String(64), nullable=False),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
    sa.Column("joined", sa.Float),  # when the account was made; None where nobody tells
    sa.Index("links_person", "person"),
)
"""Which browser is bound to which account; both are marks."""

link_tries = sa.Table(
    "link_tries",
    metadata,
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("since", sa.Float, nullable=False),
)
"""Wrong codes of a person lately."""

horde_names = sa.Table(
    "horde_names",
    metadata,
    sa.Column("person", sa.String(64), primary_key=True),
    sa.Column("name", sa.String(255), nullable=False),
    sa.Column("at", sa.Float, nullable=False),
)
"""The Horde account a person named to be paid, by its public name."""
