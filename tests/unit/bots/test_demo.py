"""The demo's port and its hold on the data folder."""

from __future__ import annotations

import socket

import pytest

from bots.demo import FIRST_PORT, PORTS_TRIED, alone, choose_port, demo_config
from common.errors import StartupError
from tests.fakes.ports import spare

pytestmark = pytest.mark.xdist_group("demo ports")
"""One after another: who tries a port has it for that moment."""


@pytest.fixture
def taken():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.fixture
def free(taken):
    return spare()


def test_wanted_port_is_taken_as_it_is_and_not_remembered(tmp_path, free):
    assert choose_port(tmp_path, free) == free
    assert list(tmp_path.iterdir()) == []


def test_wanted_port_that_is_taken_is_a_sentence(tmp_path, taken):
    with pytest.raises(StartupError, match=rf"Port {taken} .* is taken\. .*\(--port\)"):
        choose_port(tmp_path, taken)


def test_last_port_is_kept(tmp_path, free):
    (tmp_path / "port").write_text(str(free))
    assert choose_port(tmp_path) == free


@pytest.mark.parametrize("nonsense", ["", "eight", "99999999", "-1", "²"])
def test_nonsense_in_the_file_is_passed_over(tmp_path, nonsense):
    (tmp_path / "port").write_text(nonsense)
    port = choose_port(tmp_path)
    assert FIRST_PORT <= port < FIRST_PORT + PORTS_TRIED
    assert (tmp_path / "port").read_text() == str(port)


def test_next_free_port_follows_one_that_is_taken(tmp_path, taken):
    (tmp_path / "port").write_text(str(taken))
    port = choose_port(tmp_path)
    assert port != taken
    assert choose_port(tmp_path) == port


def test_folder_is_held_by_one_at_a_time(tmp_path):
    hold = alone(tmp_path)
    with alone(tmp_path), pytest.raises(StartupError, match="already running on"):
        hold.__enter__()
    with alone(tmp_path):
        assert (tmp_path / "lock").exists()


def test_keys_are_new_in_every_run_and_not_shown(tmp_path):
    one, two = (demo_config(tmp_path, port=0, parts=("hub",)) for _ in range(2))
    keys = [user.key.get_secret_value() for config in (one, two) for user in config.hub.users]
    assert len(set(keys)) == 4
    assert not any(key in repr(one) + repr(two) for key in keys)
