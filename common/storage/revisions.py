"""The history of the tables: which revision a database is at, and bringing it up to date.

Each folder of migrations is one line of files named after their numbers, so that the newest is
known by a look at the names. Alembic, which takes half a second to start, comes in only where a
revision is missing.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.engine import Connection

MIGRATIONS = Path(__file__).parents[1] / "migrations"
MIGRATION_LOCK = 6_023_145
"""Number of PostgreSQL's advisory lock that lets one process migrate at a time."""


def known(migrations: Path = MIGRATIONS) -> set[str]:
    """Return the revisions this program has heard of."""
    files = (migrations / "versions").glob("[0-9]*_*.py")
    return {file.name.partition("_")[0] for file in files}


def newest(migrations: Path = MIGRATIONS) -> str:
    """Return the revision this program brings a database up to; "" if there is none."""
    return max(known(migrations), default="")


def current(connection: Connection) -> str | None:
    """Return the revision a database is at; None: it has no tables yet."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found: str | None = connection.execute(
        sa.text("SELECT version_num FROM alembic_version")
    ).scalar()
    return found


def upgrade(connection: Connection, migrations: Path) -> None:
    """Run the migrations that are missing; one process at a time."""
    from alembic import command  # noqa: PLC0415  (half a second that `--help` need not pay)
    from alembic.config import Config as AlembicConfig  # noqa: PLC0415

    config = AlembicConfig()
    config.set_main_option("script_location", str(migrations))
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({MIGRATION_LOCK})")
    command.upgrade(config, "head")
    connection.commit()
