"""Configurations, and a Horde that is not there."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest
import structlog
import yaml

from tests.component.bots.lists import CATEGORIES, write_list
from tests.fakes.horde import FakeHorde

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items):
    """Mark these tests: they start programs."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.program)


@pytest.fixture
async def horde():
    async with FakeHorde(seconds=0.1) as running:
        yield running


@pytest.fixture
def write_config(tmp_path):
    """Return a function that writes a config.yaml only we can read, and returns its path.

    Nothing is asked of the internet unless a section says so.
    """

    def write(**sections):
        path = tmp_path / "config.yaml"
        nowhere = {"reference": {"url": None}, "civitai": {"url": None}}
        path.write_text(yaml.safe_dump(nowhere | sections))
        path.chmod(0o600)
        return path

    return write


@pytest.fixture
def config_for(write_config):
    """Return a function that writes a configuration with one Horde at this address."""

    def write(url, *, key="a key", **sections):
        endpoint = {"name": "fake", "url": url, "key": key}
        return write_config(horde={"endpoints": [endpoint]}, **sections)

    return write


@pytest.fixture
def config(write_config, tmp_path):
    """A configuration with the small list."""
    folder = write_list(tmp_path / "list", categories=CATEGORIES)
    return write_config(styles={"sources": [str(folder)]}, data_dir="data")


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Run commands of this process in the test's folder."""
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()  # it would go on writing to the streams of a command that is over


@pytest.fixture
def taken_port():
    """A port on which somebody else listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        yield listener.getsockname()[1]
