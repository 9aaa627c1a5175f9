"""The page about the commands names what the program has, all of it and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import typer

from bots.__main__ import app

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "cli.md").read_text("utf-8")
COMMANDS = typer.main.get_command(app).commands
SECTION = re.compile(
    r"^## `hordebots (\w+)(?: [A-Z]+)?`$\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
ROW = re.compile(r"^\| `(--[a-z-]+)( [A-Z]+)?` \|.*\| ?(.*?) ?\|$", re.MULTILINE)
SECTIONS = dict(SECTION.findall(PAGE))


def options_of(command):
    """Those of a command itself; hidden ones are for programs."""
    return {
        parameter.opts[0]: parameter
        for parameter in COMMANDS[command].params
        if parameter.param_type_name == "option" and not getattr(parameter, "hidden", False)
    }


def options_below(node):
    """Names of the options of a command's own commands, and of theirs."""
    for each in getattr(node, "commands", {}).values():
        yield from (p.opts[0] for p in each.params if p.param_type_name == "option")
        yield from options_below(each)


def test_page_has_every_command_and_no_other():
    assert set(SECTIONS) == set(COMMANDS)
    assert len(COMMANDS) >= 7


@pytest.mark.parametrize("command", sorted(COMMANDS))
def test_page_has_every_option_of_a_command_and_no_other(command):
    rows = {
        option: (bool(value), default) for option, value, default in ROW.findall(SECTIONS[command])
    }
    options = options_of(command)
    assert set(options) <= set(rows)
    assert set(rows) <= {*options, *options_below(COMMANDS[command])}
    for name, parameter in options.items():
        takes_value, default = rows[name]
        assert takes_value is not parameter.is_flag, name
        assert not parameter.secondary_opts, name
        if not parameter.is_flag and parameter.default is not None:
            assert default == f"`{parameter.default}`", name


def test_page_names_the_arguments():
    arguments = {
        name: [p.name.upper() for p in command.params if p.param_type_name == "argument"]
        for name, command in COMMANDS.items()
    }
    for name, expected in arguments.items():
        heading = re.search(rf"^## `hordebots {name}((?: [A-Z]+)*)`$", PAGE, re.MULTILINE)
        assert heading[1].split() == expected


def test_page_names_the_variables_that_stand_in_for_options():
    for command in COMMANDS:
        for parameter in options_of(command).values():
            assert not parameter.envvar or parameter.envvar in SECTIONS[command]
