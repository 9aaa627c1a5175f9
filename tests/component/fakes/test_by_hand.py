"""Fakes as people start them by hand: with a terminal, a pipe, or no standard input at all."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from yarl import URL

ROOT = Path(__file__).parents[3]
FAKES = sorted(file.parent.name for file in (ROOT / "tests" / "fakes").glob("*/__main__.py"))

pytestmark = pytest.mark.program


def begun(name, stdin):
    """Start a fake; return it and its address, which it prints first."""
    fake = subprocess.Popen(
        [sys.executable, "-m", f"tests.fakes.{name}"],
        cwd=ROOT,
        stdin=stdin,
        stdout=subprocess.PIPE,
        text=True,
    )
    return fake, URL(fake.stdout.readline().split()[0])


@pytest.mark.parametrize("name", FAKES)
def test_it_serves_without_standard_input_and_ends_when_it_is_told_to(name):
    fake, url = begun(name, subprocess.DEVNULL)
    with fake:
        with socket.create_connection((url.host, url.port), 30):
            fake.send_signal(signal.SIGTERM)
        assert fake.wait(60) == 0


@pytest.fixture
def pipe():
    reading, writing = os.pipe()
    yield reading, writing
    os.close(reading)
    os.close(writing)


@pytest.mark.parametrize("name", ["lemmy", "reddit"])
def test_a_pipe_that_stays_open_does_not_hold_up_its_end(name, pipe):
    fake, _ = begun(name, pipe[0])
    with fake:
        fake.send_signal(signal.SIGTERM)
        assert fake.wait(60) == 0


def test_a_line_that_is_typed_is_said_to_the_bot(pipe):
    fake, _ = begun("discord", pipe[0])
    with fake:
        os.write(pipe[1], b"\n/imagine a fox\n")
        assert "the bot has not registered /imagine" in fake.stdout.readline()
        fake.send_signal(signal.SIGTERM)
        assert fake.wait(60) == 0


def test_all_five_platforms_are_there():
    assert FAKES == ["discord", "horde", "lemmy", "mastodon", "reddit"]
