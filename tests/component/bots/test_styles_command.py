"""`hordebots styles list` and `show`: what is told of styles and categories."""

from __future__ import annotations

import json
import re

import pytest
import typer

from bots.__main__ import app
from tests.component.bots.lists import styles
from tests.component.bots.programs import ROOT

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")


pytestmark = pytest.mark.usefixtures("here")


@pytest.mark.parametrize("group", ["styles", "loras"])
def test_page_has_every_command_of_the_group_with_its_options(group):
    section = PAGE.split(f"## `hordebots {group}`")[1].split("\n## ")[0]
    written = re.findall(
        r"^\| (?:`(\w+)[^`]*`)? ?\| (?:`(--[a-z-]+)[^`]*`)? ?\|", section, re.MULTILINE
    )
    found, current = {}, ""
    for name, option in written:
        current = name or current
        found.setdefault(current, set()).update({option} - {""})
    commands = typer.main.get_command(app).commands[group].commands
    options = {
        name: {p.opts[0] for p in command.params if p.param_type_name == "option"}
        for name, command in commands.items()
    }
    assert "--config FILE" in section
    assert {name: own - {"--config"} for name, own in found.items()} == {
        name: own - {"--config"} for name, own in options.items()
    }


def test_list_tells_of_every_style_and_category(config):
    done = styles("list", "--config", config)
    assert done.exit_code == 0
    [oil] = [line for line in done.stdout.splitlines() if line.startswith("oil ")]
    assert oil.split() == ["oil", "xl", "paints,", "all", "77,", "88"]
    assert "ann" in done.stdout
    assert "2 styles: oil, neon" in done.stdout
    assert "styles: 3, categories: 2" in done.stdout


def test_list_takes_words_of_the_name_or_of_another_name(config):
    told = json.loads(styles("list", "GLO", "--json", "--config", config).stdout)
    [neon] = told["styles"]
    assert told["categories"] == {}
    assert neon == {
        "name": "neon",
        "model": "sd",
        "baseline": None,
        "categories": ["paints", "all"],
        "loras": [],
        "author": "ann",
        "aliases": ["glow"],
        "nsfw": False,
    }
    told = json.loads(styles("list", "paint", "--json", "--config", config).stdout)
    assert told == {"styles": [], "categories": {"paints": ["oil", "neon"]}}


def test_list_says_if_there_is_nothing(config):
    done = styles("list", "nosuch", "--config", config)
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no style or category like “nosuch”" in done.stderr


def test_list_without_a_configuration_has_the_bundled_styles(tmp_path):
    done = styles("list", "--json")
    assert len(json.loads(done.stdout)["styles"]) > 20
    assert list(tmp_path.iterdir()) == []


def test_show_tells_all_of_a_style(config):
    done = styles("show", "oil", "--config", config)
    assert done.exit_code == 0
    for words in (
        "{p}, oil###photo, {np}",
        "steps 12",
        "77, strength 0.5, https://civitai.com/models/77",
        "https://civitai.com/model-versions/88",
        "paints, all",
    ):
        assert words in done.stdout


def test_show_finds_a_style_by_another_name(config):
    shown = styles("show", "Glow", "--config", config).stdout
    assert "neon" in shown
    assert "glow" in shown
    assert "ann" in shown


def test_show_tells_the_members_of_a_category(config):
    shown = styles("show", "all", "--config", config).stdout
    assert "paints, raw" in shown
    assert "3 styles: oil, neon, raw" in shown


def test_show_tells_a_style_as_json(config):
    told = json.loads(styles("show", "OIL", "--json", "--config", config).stdout)
    assert told == {
        "kind": "style",
        "name": "oil",
        "model": "xl",
        "baseline": None,
        "categories": ["paints", "all"],
        "loras": [
            {"name": "77", "model": 0.5, "clip": 1.0, "is_version": False},
            {"name": "88", "model": 1.0, "clip": 1.0, "is_version": True},
        ],
        "author": "",
        "aliases": [],
        "nsfw": False,
        "prompt": "{p}, oil###photo, {np}",
        "enhance": False,
        "parameters": {"steps": 12},
        "tis": [],
    }


def test_show_tells_a_category_as_json(config):
    told = json.loads(styles("show", "all", "--json", "--config", config).stdout)
    assert told == {
        "kind": "category",
        "name": "all",
        "members": ["paints", "raw"],
        "styles": ["oil", "neon", "raw"],
    }


def test_show_suggests_names_for_one_it_does_not_know(config):
    done = styles("show", "neom", "--config", config)
    assert (done.exit_code, done.stdout) == (2, "")
    assert "neon" in done.stderr
