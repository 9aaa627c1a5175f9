"""What the program loads before it is told what to do."""

from __future__ import annotations

import subprocess
import sys

HEAVY = {"asyncio", "yaml", "pydantic", "sqlalchemy", "aiohttp", "numpy", "PIL", "discord", "praw"}


def loaded_by(statement):
    """Return the top packages that a statement loads in a Python of its own."""
    told = subprocess.run(
        [sys.executable, "-c", f"{statement}\nimport sys\nprint(*sys.modules)"],
        capture_output=True,
        text=True,
        check=True,
        timeout=100,
    )
    return {name.partition(".")[0] for name in told.stdout.split()}


def test_listing_the_commands_loads_none_of_what_they_need():
    assert loaded_by("import bots.__main__") & HEAVY == set()


def test_a_configuration_is_read_without_platforms_and_database():
    assert loaded_by("import common.config") & (HEAVY - {"yaml", "pydantic", "asyncio"}) == set()
