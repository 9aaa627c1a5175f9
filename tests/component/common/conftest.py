"""Here the way to the tables is what is tested, so databases are empty."""

import pytest


@pytest.fixture
def database_url(empty_database_url):
    return empty_database_url
