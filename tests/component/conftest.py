"""A database at the newest revision, as every test gets one (`tests/conftest.py`)."""

from __future__ import annotations

import pytest


@pytest.fixture
def migrated_url(database_url):
    """Address of a database with the newest schema and nothing in it."""
    return database_url
