"""A hub as the public server is: with an owner's key, a worker's, a stranger's and nobody's."""

import shutil

import pytest

from tests.component.hub.callers import opened


@pytest.fixture
async def room(tmp_path, migrated_hub):
    shutil.copy(migrated_hub, tmp_path)
    async with opened(tmp_path, anonymous=True) as room:
        yield room
