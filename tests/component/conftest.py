"""A database at the newest revision, without running all migrations for each test."""

from __future__ import annotations

import asyncio
import shutil

import pytest

from common.database import open_database


@pytest.fixture(scope="session")
def migrated(cluster, tmp_path_factory):
    """A file to copy, None on PostgreSQL."""
    if cluster is not None:
        return None
    file = tmp_path_factory.mktemp("migrated") / "test.sqlite"

    async def make() -> None:
        await (await open_database(f"sqlite+aiosqlite:///{file}")).close()

    asyncio.run(make())
    return file


@pytest.fixture
def migrated_url(database_url, migrated):
    """Address of a database with the newest schema and nothing in it."""
    if migrated is not None:
        shutil.copy(migrated, database_url.removeprefix("sqlite+aiosqlite:///"))
    return database_url
