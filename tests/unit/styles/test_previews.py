"""Pictures of styles: which `previews.json` is read, and what is believed of it."""

from __future__ import annotations

import json

import pytest

from styles.lists.previews import Preview, Previews, keep, parse
from tests.fakes.horde.pictures import paint

BASE = "https://raw.example/previews/previews.json"


def read(table, base=BASE, folder=None):
    return parse(json.dumps(table).encode(), base, folder)


def test_both_forms_of_the_file_are_read():
    looks = read(
        {"Oil": "https://a.example/1.webp", "neon": {"person": "n.webp", "place": "p.webp"}}
    )
    assert looks["oil"] == (Preview("", "https://a.example/1.webp"),)
    assert looks["neon"] == (
        Preview("person", "https://raw.example/previews/n.webp"),
        Preview("place", "https://raw.example/previews/p.webp"),
    )


@pytest.mark.parametrize(
    "address",
    [
        *("http://a.example/1.webp", "javascript:alert(1)", "file:///etc/passwd"),
        *("", 5, None, ["x"], "https://[", "https://a.example/" + "x" * 2000),
    ],
)
def test_what_is_no_https_address_is_left_out(address):
    assert read({"oil": address, "neon": "https://a.example/1.webp"}).keys() == {"neon"}


@pytest.mark.parametrize("name", ["../secret.webp", "/etc/passwd", "a/b.webp", "..", ""])
def test_a_folder_names_only_files_in_itself(tmp_path, name):
    assert read({"oil": {"person": name}}, "", tmp_path) == {}


@pytest.mark.parametrize("content", [b"[]", b"{", b"\xff", b"[" * 100_000])
def test_a_file_that_is_none_is_an_error(content):
    with pytest.raises(ValueError, match=r"."):
        parse(content, BASE, None)


async def test_pictures_that_are_kept_are_there_at_once_and_take_the_place_of_earlier_ones(
    tmp_path,
):
    previews = Previews((), kept=tmp_path / "previews")
    assert await previews.of(["Oil"]) == {}
    keep(tmp_path / "previews", {"oil": {"person": paint(1, side=64), "place": paint(2, side=64)}})
    first = (await previews.of(["Oil"]))["Oil"]
    assert [one.subject for one in first] == ["person", "place"]
    assert all(one.file.is_file() for one in first)
    keep(tmp_path / "previews", {"oil": {"person": paint(3, side=1024)}, "neon": {}})
    (second,) = (await previews.of(["oil", "neon"]))["oil"]
    assert second.file.is_file()
    assert not any(one.file.exists() for one in first)
    assert second.file.stat().st_size < 200_000


async def test_later_places_win_and_a_broken_one_harms_no_other(tmp_path):
    for name, table in (("one", {"oil": "a.webp", "neon": "b.webp"}), ("two", {"oil": "c.webp"})):
        (tmp_path / name).mkdir()
        (tmp_path / name / "previews.json").write_text(json.dumps(table))
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "previews.json").write_text("{")
    folders = [str(tmp_path / name) for name in ("one", "two", "broken", "absent")]
    looks = await Previews(folders).of(["oil", "neon"])
    assert looks["oil"][0].file.name == "c.webp"
    assert looks["neon"][0].file.name == "b.webp"
