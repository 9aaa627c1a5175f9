"""The current list of sources on this machine: merged, read again, with last good copies."""

import json

import pytest

from common.errors import StyleListError
from styles.lists.library import StyleLibrary, read_offline

GOOD = {"prompt": "{p}{np}", "model": "sd"}


def write(folder, **tables):
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        text = table if isinstance(table, str) else json.dumps(table)
        (folder / f"{name}.json").write_text(text)


async def test_later_sources_override_earlier_ones(tmp_path):
    write(tmp_path / "own", styles={"raw": {**GOOD, "model": "mine"}})
    library = await StyleLibrary.open(["bundled:general", str(tmp_path / "own")])
    assert library.current.styles["raw"].model == "mine"
    assert "solarpunk" in library.current.styles


async def test_refresh_sees_a_changed_folder(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    library = await StyleLibrary.open([str(tmp_path / "own")])
    write(tmp_path / "own", styles={"two": GOOD})
    await library.refresh()
    assert list(library.current.styles) == ["two"]


async def test_a_broken_source_keeps_its_last_good_list_and_says_so(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    library = await StyleLibrary.open([str(tmp_path / "own")], clock=lambda: 5.0)
    write(tmp_path / "own", styles="{")
    await library.refresh()
    assert list(library.current.styles) == ["one"]
    (state,) = library.sources
    assert state.good_at == 5.0
    assert "JSON" in state.problem


async def test_the_last_good_copy_survives_a_restart(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    await StyleLibrary.open([str(tmp_path / "own")], cache=tmp_path / "cache")
    write(tmp_path / "own", styles='{"one": 5}')
    library = await StyleLibrary.open([str(tmp_path / "own")], cache=tmp_path / "cache")
    assert list(library.current.styles) == ["one"]
    assert library.sources[0].problem
    assert library.sources[0].good_at is not None


async def test_the_communitys_own_styles_come_and_go_while_it_runs(tmp_path):
    own = tmp_path / "own"
    library = await StyleLibrary.open(["bundled:general"], own=own)
    before = library.current
    write(own, styles={"fog": GOOD, "raw": GOOD}, categories={"featured": ["fog"], "won": ["raw"]})
    await library.refresh_own()
    assert library.current.style("fog") is not None
    assert library.current.style("raw") is before.style("raw")  # nothing is overridden
    assert library.current.categories["featured"] == ("fog", *before.categories["featured"])
    assert library.current.categories["won"] == ()
    await library.use(["bundled:demo"])
    assert library.current.style("fog") is not None
    write(own, styles="{")
    await library.refresh_own()
    assert library.current.style("fog") is not None
    (own / "styles.json").unlink()
    await library.refresh_own()
    assert library.current.style("fog") is None


async def test_the_communitys_own_styles_are_known_without_a_network(tmp_path):
    write(tmp_path / "own", styles={"fog": GOOD})
    read = await read_offline(["bundled:demo"], cache=tmp_path, own=tmp_path / "own")
    assert read.style("fog") is not None


async def test_no_style_at_all_is_an_error(tmp_path):
    with pytest.raises(StyleListError, match=r"styles\.json"):
        await StyleLibrary.open([str(tmp_path)])


async def test_one_source_that_is_down_does_not_hide_the_others(tmp_path):
    library = await StyleLibrary.open([str(tmp_path / "gone"), "bundled:demo"])
    assert "pixel" in library.current.styles
    assert library.sources[0].problem
    assert not library.sources[1].problem


async def test_a_cache_that_cannot_be_written_is_no_failure(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    (tmp_path / "file").write_text("")
    library = await StyleLibrary.open([str(tmp_path / "own")], cache=tmp_path / "file")
    assert list(library.current.styles) == ["one"]


async def test_a_folder_that_has_not_changed_is_not_read_again(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    library = await StyleLibrary.open([str(tmp_path / "own"), "bundled:demo"])
    first = library.current
    await library.refresh()
    assert library.current is first


async def test_a_folder_that_is_put_right_again_is_good_again(tmp_path):
    write(tmp_path / "own", styles={"one": GOOD})
    library = await StyleLibrary.open([str(tmp_path / "own")])
    (tmp_path / "own" / "styles.json").unlink()
    await library.refresh()
    assert "styles.json" in library.sources[0].problem
    write(tmp_path / "own", styles={"one": GOOD})
    await library.refresh()
    assert library.sources[0].problem == ""
