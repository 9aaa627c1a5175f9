"""`hordebots styles check` and `sync`: faults named one a line, sources that are down, what is new."""

from __future__ import annotations

import json

import pytest

from tests.component.bots.lists import STYLES, styles, write_list
from tests.fakes import faults
from tests.fakes.pages import FakePages
from tests.fakes.server import in_thread

FAULTY = {
    "fine": {"prompt": "{p}", "model": "sd"},
    "no place\x1b[31m": {"prompt": "no words of yours", "model": "sd"},
    "odd": {"prompt": "{p}", "model": "sd", "steps": 9000, "colour": "red"},
}


pytestmark = pytest.mark.usefixtures("here")


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
    with in_thread(FakePages(folder)) as server:
        config = write_config(styles={"sources": [server.url]}, data_dir="data")
        first = styles("sync", "--config", config)
        again = styles("sync", "--config", config)
        changed = {**STYLES, "neon": {"prompt": "{p}, other", "model": "sd"}, "new": STYLES["raw"]}
        del changed["oil"]
        write_list(folder, changed)
        second = styles("sync", "--config", config)
    assert [done.exit_code for done in (first, again, second)] == [0, 0, 0]
    assert "3 styles; 3 new, 0 changed, 0 removed; 0 faults" in first.stdout
    assert "3 styles; 0 new, 0 changed, 0 removed; 0 faults" in again.stdout
    assert "3 styles; 1 new, 1 changed, 1 removed; 0 faults" in second.stdout


def test_a_source_that_is_down_is_told_with_the_age_of_its_copy(write_config, tmp_path):
    folder = write_list(tmp_path / "served")
    with in_thread(FakePages(folder)) as server:
        config = write_config(styles={"sources": [server.url]}, data_dir="data")
        styles("sync", "--config", config)
        server.fail("list", faults.answer(503, ""), 99)
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
    with in_thread(FakePages(write_list(tmp_path / "served"))) as server:
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
