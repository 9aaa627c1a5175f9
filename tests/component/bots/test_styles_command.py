"""`hordebots styles`: what is listed, shown, checked, fetched, and what previews are made of."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import time
from io import BytesIO
from pathlib import Path

import pytest
import structlog
import typer
from PIL import Image
from typer.testing import CliRunner

from bots.__main__ import app
from styles.previews import Previews
from tests.component.bots.lists import CATEGORIES, STYLES, ListServer, write_list
from tests.component.bots.programs import ROOT, Program, run
from tests.fakes.horde import Fate

PAGE = (ROOT / "docs" / "reference" / "cli.md").read_text("utf-8")
FAULTY = {
    "fine": {"prompt": "{p}", "model": "sd"},
    "no place\x1b[31m": {"prompt": "no words of yours", "model": "sd"},
    "odd": {"prompt": "{p}", "model": "sd", "steps": 9000, "colour": "red"},
}


@pytest.fixture(autouse=True)
def _here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    yield
    structlog.reset_defaults()  # it would go on writing to the streams of a command that is over


@pytest.fixture
def config(write_config, tmp_path):
    """A configuration with the small list."""
    folder = write_list(tmp_path / "list", categories=CATEGORIES)
    return write_config(styles={"sources": [str(folder)]}, data_dir="data")


def styles(*arguments):
    return CliRunner().invoke(app, ["styles", *map(str, arguments)])


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


# --- list and show ---------------------------------------------------------------------------


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


# --- check and sync --------------------------------------------------------------------------


def test_check_of_a_good_list_is_0(config):
    done = styles("check", "--config", config)
    assert done.exit_code == 0
    assert done.stdout.startswith("ok ")
    assert "styles: 3, categories: 2" in done.stdout


def test_check_names_every_fault_on_a_line_with_file_style_and_field(tmp_path):
    folder = write_list(tmp_path / "faulty", FAULTY, {"some": ["fine", "nobody"]})
    done = styles("check", folder)
    assert done.exit_code == 1
    faults = [line for line in done.stdout.splitlines() if line.startswith("look")]
    assert len(faults) == 5
    for words in (
        ("styles.json", "“odd”, steps", "9000"),
        ("styles.json", "“odd”, colour"),
        ("“no place�[31m”, prompt", "(left out)"),
        ("categories.json", "“some”, nobody"),
    ):
        assert [line for line in faults if all(word in line for word in words)], (words, faults)
    assert "\x1b" not in done.stdout


def test_check_tells_it_as_json(tmp_path):
    folder = write_list(tmp_path / "faulty", FAULTY)
    done = styles("check", folder, "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert set(told) == {"sources", "faults", "styles", "categories"}
    [source] = told["sources"]
    assert (source["source"], source["problem"]) == (str(folder), "")
    assert source["good_at"] > 1.7e9
    assert (told["styles"], told["categories"]) == (2, 0)
    assert {
        "source": str(folder),
        "file": "styles.json",
        "entry": "odd",
        "field": "steps",
        "problem": "9000 is outside 1 to 500; clamped",
        "left_out": False,
    } in told["faults"]


def test_check_of_a_list_that_cannot_be_read_is_1(tmp_path):
    done = styles("check", tmp_path / "nosuch", "--json")
    told = json.loads(done.stdout)
    assert done.exit_code == 1
    assert "styles.json" in told["sources"][0]["problem"]
    assert (told["sources"][0]["good_at"], told["styles"]) == (None, 0)


def test_sync_tells_what_is_new_changed_and_gone(write_config, tmp_path):
    folder = write_list(tmp_path / "served")
    with ListServer(folder) as server:
        config = write_config(styles={"sources": [server.url]}, data_dir="data")
        first = styles("sync", "--config", config)
        again = styles("sync", "--config", config)
        changed = {**STYLES, "neon": {"prompt": "{p}, other", "model": "sd"}, "new": STYLES["raw"]}
        del changed["oil"]
        write_list(folder, changed)
        later = time.time() + 60  # this server tells files apart by the second
        os.utime(folder / "styles.json", (later, later))
        second = styles("sync", "--config", config)
    assert [done.exit_code for done in (first, again, second)] == [0, 0, 0]
    assert "3 styles; 3 new, 0 changed, 0 removed; 0 faults" in first.stdout
    assert "3 styles; 0 new, 0 changed, 0 removed; 0 faults" in again.stdout
    assert "3 styles; 1 new, 1 changed, 1 removed; 0 faults" in second.stdout


def test_a_source_that_is_down_is_told_with_the_age_of_its_copy(write_config, tmp_path):
    folder = write_list(tmp_path / "served")
    with ListServer(folder) as server:
        config = write_config(styles={"sources": [server.url]}, data_dir="data")
        styles("sync", "--config", config)
        server.status = 503
        synced = styles("sync", "--config", config)
        checked = styles("check", "--config", config)
        told = json.loads(styles("check", "--config", config, "--json").stdout)
        listed = styles("list", "--config", config)
    for done in (synced, checked):
        assert done.exit_code == 1
        assert "503" in done.stdout
        assert "Its last good copy is used, from just now." in done.stdout
    assert told["sources"][0]["good_at"] is not None
    assert told["styles"] == 3
    assert "neon" in listed.stdout


def test_sync_tells_it_as_json(write_config, tmp_path):
    with ListServer(write_list(tmp_path / "served")) as server:
        sources = [server.url.replace("http", "HTTP", 1), str(tmp_path / "served")]
        config = write_config(styles={"sources": sources}, data_dir="data")
        came = styles("sync", "--json", "--config", config)
    down = styles("sync", "--json", "--config", config)
    [first], [second] = json.loads(came.stdout), json.loads(down.stdout)
    assert (came.exit_code, down.exit_code) == (0, 1)
    assert first.pop("good_at") == second["good_at"] > 1.7e9
    assert first == {
        "source": server.url,
        "problem": "",
        "styles": 3,
        "new": 3,
        "changed": 0,
        "removed": 0,
        "faults": 0,
    }
    assert "cannot be reached" in second["problem"]
    assert (second["styles"], second["new"]) == (3, 0)


def test_sync_fails_for_a_source_that_never_answered(write_config):
    config = write_config(styles={"sources": ["http://127.0.0.1:9"]}, data_dir="data")
    done = styles("sync", "--config", config)
    assert done.exit_code == 1
    assert done.stdout.startswith("look")


def test_sync_has_nothing_to_do_for_folders(config):
    done = styles("sync", "--config", config)
    assert done.exit_code == 0
    assert "None of the configured stylelists is at an address" in done.stdout


# --- preview ---------------------------------------------------------------------------------


@pytest.fixture
def painting(tmp_path, horde, config_for):
    """The arguments of a preview with the fake Horde and the small list."""
    horde.models = {"sd": 3, "xl": 2}
    folder = write_list(tmp_path / "list", categories=CATEGORIES)
    config = config_for(
        horde.url,
        styles={"sources": [str(folder)]},
        civitai={"url": None},
        reference={"url": None},
        data_dir="data",
        defaults={"trusted_workers": False, "running_per_person": 1, "requests_per_hour": 1},
    )
    return lambda *names: ("styles", "preview", *names, "--config", config, "--out", tmp_path / "p")


async def preview(tmp_path, arguments):
    return await asyncio.to_thread(run, *arguments, cwd=tmp_path)


async def test_preview_makes_a_sheet_of_every_style_on_the_same_subjects(painting, tmp_path, horde):
    done = await preview(tmp_path, painting("paints", "glow"))
    assert (done.code, done.err) == (0, "")
    assert done.out == f"{tmp_path / 'p' / 'sheet.png'}\n"
    names = {path.name for path in (tmp_path / "p").iterdir()}
    rows = ("001-oil", "002-neon")
    assert names == {"sheet.png", *(f"{row}-{n}.webp" for row in rows for n in (1, 2, 3))}
    sheet = Image.open(BytesIO((tmp_path / "p" / "sheet.png").read_bytes()))
    assert sheet.width > 3 * 320 > sheet.height > 2 * 320
    bodies = [exchange.body for exchange in horde.journal.of("submit")]
    assert len(bodies) == 6
    assert {body["params"]["n"] for body in bodies} == {1}
    seeds = sorted(body["params"]["seed"] for body in bodies)
    assert seeds == sorted(["11", "22", "33"] * 2)
    assert sum(body["models"] == ["xl"] for body in bodies) == 3


async def test_preview_shows_a_cell_that_failed_with_its_reason(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, painting("neon"))
    assert done.code == 1
    assert done.err.startswith("neon, ")
    assert "censored" in done.err
    assert len(list((tmp_path / "p").glob("*.webp"))) == 2
    assert (tmp_path / "p" / "sheet.png").exists()


async def test_preview_tells_it_as_json(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, (*painting("neon"), "--json"))
    told = json.loads(done.out)
    assert (done.code, done.err) == (1, "")
    assert told["sheet"] == str(tmp_path / "p" / "sheet.png")
    assert [(row["style"], row["seed"]) for row in told["pictures"]] == [
        ("neon", 11),
        ("neon", 22),
        ("neon", 33),
    ]
    files = [Path(row["file"]) for row in told["pictures"] if row["file"]]
    [reason] = [row["reason"] for row in told["pictures"] if not row["file"]]
    assert len(files) == 2
    assert all(file.exists() for file in files)
    assert "censored" in reason


async def test_previews_are_kept_for_people_who_look_at_styles(painting, tmp_path, horde):
    horde.plan.extend([Fate.CENSORED])
    done = await preview(tmp_path, (*painting("neon"), "--keep"))
    assert done.code == 1
    looks = (await Previews((), kept=tmp_path / "data" / "previews").of(["neon"]))["neon"]
    assert len(looks) == 2
    assert all(one.file.is_file() for one in looks)


async def test_preview_of_a_style_nobody_serves_is_a_sheet_of_reasons(painting, tmp_path, horde):
    del horde.models["xl"]
    done = await preview(tmp_path, painting("oil", "raw"))
    assert done.code == 1
    assert done.err.count("oil, ") == 3
    assert len(list((tmp_path / "p").glob("*.webp"))) == 3


async def test_preview_of_an_unknown_style_makes_nothing(painting, tmp_path, horde):
    done = await preview(tmp_path, painting("neon", "neom"))
    assert (done.code, done.out) == (2, "")
    assert "Did you mean: neon" in done.err
    assert not (tmp_path / "p").exists()
    assert horde.journal.count("submit") == 0


async def test_preview_has_at_most_six_requests_at_work_and_withdraws_them_at_ctrl_c(
    painting, tmp_path, horde
):
    horde.seconds = 1000
    program = await asyncio.to_thread(Program, *painting("all"), cwd=tmp_path)
    with program:
        while horde.journal.count("submit") < 6:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.3)
        assert horde.journal.count("submit") == 6
        assert await asyncio.to_thread(program.end, signal.SIGINT) == 130
        assert program.output == ""
    assert horde.journal.count("cancel") == 6
