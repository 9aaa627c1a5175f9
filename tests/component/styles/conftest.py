"""A server with one list, on 127.0.0.1, that can be made to misbehave."""

import json

import pytest

from tests.fakes.pages import FakePages

GOOD = {"prompt": "{p}{np}", "model": "sd"}


@pytest.fixture
async def server():
    """A web server with one list."""
    async with FakePages() as serving:
        serving.pages["styles.json"] = json.dumps({"web": GOOD})
        yield serving
