"""What goes wrong at the start is one sentence on standard error, and an exit code."""

from __future__ import annotations

from importlib.metadata import version

import pytest
from typer.testing import CliRunner

from bots.__main__ import app
from tests.component.bots.programs import run

COMMANDS = ("demo", "draw", "run", "hub", "worker", "init", "check")


@pytest.mark.parametrize(
    ("text", "arguments", "sentence"),
    [
        (None, ["run"], "config.yaml cannot be read"),
        (None, ["draw", "a fox", "--config", "config.yaml"], "`hordebots init` writes a new one"),
        ("wep: {}", ["run"], "wep: there is no such setting; did you mean web?"),
        ("hub: {port: x}", ["hub"], "hub.port: "),
        ("a: [", ["draw", "a fox"], "is not valid YAML"),
        ("database: secret", ["run"], "The setting `database` is no address"),
        ("database: oracel://x:secret@h/d", ["run"], "opened at oracel://x:***@h/d"),
        ("run: [discord]", ["run"], "names discord, which is neither an account nor one of"),
        ("data_dir: config.yaml/x", ["run"], "cannot be written"),
        ("data_dir: config.yaml/x", ["hub"], "cannot be written"),
        ("", ["demo", "--data", "config.yaml/x"], "cannot be written"),
        ("", ["demo", "--once", "a fox", "--out", "config.yaml/x"], "Choose another with --out"),
        ("", ["run", "--log-level", "loud"], "There is no log level loud. Known are: debug"),
        ("", ["hub", "--log-level", "loud"], "There is no log level loud. Known are: debug"),
    ],
)
def test_mistake_is_one_sentence(tmp_path, text, arguments, sentence):
    if text is not None:
        (tmp_path / "config.yaml").write_text(text)
    done = run(*arguments, cwd=tmp_path)
    assert done.code == 1
    assert sentence in done.err
    assert done.err.startswith(("hordebots: ", "config.yaml names no hub users"))
    assert done.out == ""
    assert "secret" not in done.err


@pytest.mark.parametrize("part", ["web", "hub"])
def test_taken_port_is_a_sentence(write_config, tmp_path, taken_port, part):
    config = write_config(**{part: {"port": taken_port}}, run=[part])
    done = run("run", "--config", config, cwd=tmp_path)
    assert done.code == 1
    assert f"Port {taken_port} on 127.0.0.1 is taken." in done.err
    assert f"({part}.port)" in done.err


@pytest.mark.parametrize(
    "arguments", [["frobnicate"], ["demo", "--port", "70000"], ["draw"], ["run", "--colour"]]
)
def test_wrong_usage_is_exit_code_2(arguments):
    done = CliRunner().invoke(app, arguments)
    assert done.exit_code == 2
    assert "Usage: hordebots" in done.stderr
    assert "--help' for help" in done.stderr


def test_help_shows_every_command(tmp_path):
    done = run("--help", cwd=tmp_path)
    assert done.code == 0
    assert all(f" {command} " in done.out for command in COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself(command):
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == 0
    assert f"Usage: hordebots {command}" in done.stdout


def test_version_is_the_installed_one(tmp_path):
    done = run("--version", cwd=tmp_path)
    assert (done.code, done.out) == (0, f"hordebots {version('hordebots')}\n")
