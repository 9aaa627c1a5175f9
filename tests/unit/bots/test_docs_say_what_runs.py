"""What the docs have people type and write is understood: commands, options, settings."""

from __future__ import annotations

import re
import shlex
import textwrap
from pathlib import Path

import pytest
import typer
import yaml

from bots.__main__ import app
from bots.reference import platforms
from common.config import Config
from common.settings.section import KEYLESS

ROOT = Path(__file__).parents[3]
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "tests" / "README.md"]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`((?:[.\w/\\]*[/\\])?hordebots [^`]*)`")
PROGRAM = typer.main.get_command(app)
COMMAND = re.compile(r"(?:^|(?<!-iu)[ /\\=])hordebots (?=[a-z-])([^|>&]*)")
NO_COMMAND = (
    "git clone",
    "pip install",
    "useradd",
    "createuser",
    "createdb",
    "systemctl",
    "journalctl",
)


def blocks(page, language):
    found = BLOCK.findall((ROOT / page).read_text("utf-8"))
    return [textwrap.dedent(text) for _, kind, text in found if kind in language.split()]


def commands_in(page):
    """Yield what follows `hordebots` in what a page has people type."""
    lines = [
        line
        for block in blocks(page, "sh console powershell ini")
        for line in block.replace("\\\n", " ").splitlines()
    ]
    text = BLOCK.sub("", (ROOT / page).read_text("utf-8"))
    for line in (*lines, *(" ".join(words.split()) for words in INLINE.findall(text))):
        if not any(other in line for other in NO_COMMAND) and (found := COMMAND.search(line)):
            yield found[1]


def unknown_in(typed):
    """Return what the program would not know of what is typed."""
    command = PROGRAM
    words = shlex.split(typed.replace("…", ""), comments=True)
    while words and words[0] in getattr(command, "commands", {}):
        command = command.commands[words.pop(0)]
    known = {"--help", *(option for param in command.params for option in param.opts)}
    missing = [word for word in words if word.startswith("--") and word not in known]
    if command is PROGRAM and words and not words[0].startswith("--"):
        missing.append(words[0])
    return missing


def test_every_command_in_the_docs_is_one():
    typed = [(name, line) for name in NAMES for line in commands_in(name)]
    assert [(name, line) for name, line in typed if unknown_in(line)] == []
    assert len(typed) > 150


def test_an_unknown_command_or_option_would_be_found():
    assert unknown_in("frobnicate x") == ["frobnicate"]
    assert unknown_in("draw 'a fox' --colour red") == ["--colour"]


@pytest.mark.parametrize("name", [name for name in NAMES if blocks(name, "yaml")])
def test_settings_in_the_docs_are_settings(name):
    known = dict(platforms())
    for block in blocks(name, "yaml"):
        document = yaml.safe_load(block)
        if not isinstance(document, dict) or not set(document) <= set(Config.model_fields):
            continue
        Config.model_validate(document, context={KEYLESS: True})
        for account, section in document.get("accounts", {}).items():
            model = known.get(section.get("platform", account))
            if model is not None:
                model.model_validate(section, context={KEYLESS: True})
