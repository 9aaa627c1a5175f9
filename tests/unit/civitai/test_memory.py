"""What is remembered outlives a restart, stays bounded, and is begun anew if it cannot be read."""

import sqlite3
import threading

import pytest

from common.civitai.assets import Asset, AssetKind, AssetVersion
from common.civitai.memory import MOST, AssetMemory, fold

VERSION = AssetVersion(5, "v1", "SDXL 1.0", ("thick", "paint"), 100, True, "ab" * 32, False)


def asset(number, *versions):
    return Asset(number, AssetKind.TI, f"name {number}", "ann", True, versions=versions)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "folder" / "assets.sqlite"


def reopened(file):
    memory = AssetMemory(file)
    memory.load()
    return memory


def test_all_of_it_outlives_a_restart(file):
    memory = reopened(file)
    memory.learn([asset(1, VERSION)], 7.5)
    memory.learn_search("words", [1, 2], 8)
    memory.learn_missing("name", "civitai.gone", 9)
    memory.flush()
    again = reopened(file)
    assert again.assets == memory.assets
    assert again.assets[1].asset == asset(1, VERSION)
    assert again.owners == {5: 1}
    assert again.searches == memory.searches
    assert again.missing == {"name": ("civitai.gone", 9.0)}


def test_the_oldest_go_first_in_memory_and_on_disk(file, monkeypatch):
    monkeypatch.setattr("common.civitai.memory.MOST", {"assets": 3, "searches": 2, "missing": 2})
    memory = reopened(file)
    for number in range(6):
        memory.learn([asset(number, AssetVersion(number + 100, "v", "SD 1.5"))], number)
        memory.learn_search(f"search {number}", [number], number)
        memory.learn_missing(f"name {number}", "civitai.gone", number)
    memory.learn([asset(3)], 10)  # told again: the newest now
    memory.learn([asset(9)], 11)
    memory.flush()
    for each in (memory, reopened(file)):
        assert list(each.assets) == [5, 3, 9]
        assert each.owners == {105: 5}
        assert list(each.searches) == ["search 4", "search 5"]
        assert list(each.missing) == ["name 4", "name 5"]


def test_a_file_larger_than_allowed_is_cut_when_it_is_read(file, monkeypatch):
    memory = reopened(file)
    memory.learn([asset(number) for number in range(6)], 1)
    memory.flush()
    monkeypatch.setitem(MOST, "assets", 2)
    again = reopened(file)
    assert len(again.assets) == 2
    again.flush()
    with sqlite3.connect(file) as connection:
        assert connection.execute("SELECT count(*) FROM assets").fetchone() == (2,)
    connection.close()


def test_all_assets_together_take_only_so_much(monkeypatch):
    monkeypatch.setattr("common.civitai.memory.MOST_CHARACTERS", 5_000)
    memory = AssetMemory(None)
    large = [AssetVersion(n, "v" * 100, "SD 1.5") for n in range(10)]
    for number in range(1, 20):
        memory.learn([asset(number, *large)], number)
    assert list(memory.assets) == [19]
    for number in range(20, 23):
        memory.learn([asset(number)], number)
    assert list(memory.assets) == [19, 20, 21, 22]


def test_what_is_forgotten_is_forgotten_on_disk_too(file):
    memory = reopened(file)
    memory.learn([asset(1, VERSION), asset(2)], 1)
    memory.flush()
    memory.forget(1)
    memory.forget(7)
    memory.flush()
    again = reopened(file)
    assert (list(again.assets), again.owners) == ([2], {})


def test_a_version_taken_back_no_longer_leads_to_its_model():
    memory = AssetMemory(None)
    memory.learn([asset(1, VERSION)], 1)
    memory.learn([asset(1)], 2)
    assert memory.owners == {}


def broken_row(file, value):
    memory = reopened(file)
    memory.learn([asset(1)], 1)
    memory.flush()
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE assets SET value = ?", (value,))
    connection.close()


def other_columns(file):
    file.parent.mkdir()
    with sqlite3.connect(file) as connection:
        connection.execute("CREATE TABLE assets (number INTEGER)")
    connection.close()


def no_database(file):
    file.parent.mkdir()
    file.write_bytes(b"no database" * 1000)


@pytest.mark.parametrize(
    "spoil",
    [
        no_database,
        other_columns,
        lambda file: broken_row(file, "[]"),
        lambda file: broken_row(file, "{"),
        lambda file: broken_row(file, '{"id": 1, "kind": "LORA", "versions": [{"triggers": []}]}'),
    ],
)
def test_what_cannot_be_read_is_put_aside(file, spoil):
    spoil(file)
    memory = reopened(file)
    assert (memory.assets, file.exists()) == ({}, False)
    assert file.with_suffix(".broken").exists()
    memory.learn([asset(1)], 1)
    memory.flush()
    assert list(reopened(file).assets) == [1]


def test_what_somebody_else_is_writing_is_left_where_it_is(file, monkeypatch):
    memory = reopened(file)
    memory.learn([asset(1)], 1)
    memory.flush()
    connect = sqlite3.connect
    other = connect(file, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    monkeypatch.setattr(sqlite3, "connect", lambda name, timeout: connect(name, timeout=0))
    late = reopened(file)
    assert late.assets == {}
    late.learn([asset(2)], 2)
    late.flush()  # a line in the log
    other.close()
    assert file.exists()
    assert list(reopened(file).assets) == [1]


def test_what_is_learnt_while_it_is_written_is_written_too(file):
    memory = reopened(file)
    writing = [threading.Thread(target=memory.flush) for _ in range(5)]
    for number, thread in enumerate(writing):
        memory.learn([asset(number)], number)
        thread.start()
        memory.learn([asset(number + 100)], number)
    for thread in writing:
        thread.join()
    memory.flush()
    assert len(reopened(file).assets) == 10


def test_names_are_compared_without_case_and_bounded():
    assert fold(" Straße\n\u200bX ") == "strasse x"
    assert len(fold("x" * 900)) == 120
