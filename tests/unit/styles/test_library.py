"""The current list: sources, refresh, last good copies."""

import asyncio
import json

import pytest
from aiohttp import web

from common.errors import StyleListError
from styles.library import StyleLibrary, _bounded

GOOD = {"prompt": "{p}{np}", "model": "sd"}


def write(folder, **tables):
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        text = table if isinstance(table, str) else json.dumps(table)
        (folder / f"{name}.json").write_text(text)


@pytest.fixture
async def server():
    """A web server with one list; `pages` is what it serves."""
    pages = {"styles.json": json.dumps({"web": GOOD})}

    async def answer(request):
        page = pages.get(request.match_info["file"])
        if isinstance(page, int):
            raise web.HTTPServiceUnavailable
        if page is None:
            raise web.HTTPNotFound
        return web.Response(text=page)

    application = web.Application()
    application.router.add_get("/list/{file}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    yield f"http://127.0.0.1:{port}/list", pages
    await runner.cleanup()


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


async def test_a_list_from_the_web_is_read_and_kept(tmp_path, server):
    address, pages = server
    pages["categories.json"] = json.dumps({"all": ["web"]})
    library = await StyleLibrary.open([address], cache=tmp_path)
    assert library.current.expand("all") == ("web",)
    pages["styles.json"] = 503
    restarted = await StyleLibrary.open([address], cache=tmp_path)
    assert list(restarted.current.styles) == ["web"]


@pytest.mark.parametrize("page", ["{", "[]", 503, '{"only": 1}'])
async def test_a_bad_answer_from_the_web_keeps_the_last_good_list(server, page):
    address, pages = server
    library = await StyleLibrary.open([address])
    pages["styles.json"] = page
    await library.refresh()
    assert list(library.current.styles) == ["web"]
    assert library.sources[0].problem


async def test_no_more_is_read_than_a_file_may_have(monkeypatch):
    monkeypatch.setattr("styles.library.LARGEST_FILE", 10)
    given = []

    async def endless():
        while True:
            given.append(b"12345")
            yield given[-1]

    assert len(await _bounded(endless())) == 15
    assert len(given) == 3


async def test_a_list_that_is_too_large_is_not_read_to_its_end(server, monkeypatch):
    monkeypatch.setattr("styles.library.LARGEST_FILE", 1000)
    monkeypatch.setattr("styles.stylelist.LARGEST_FILE", 1000)
    address, pages = server
    pages["styles.json"] = " " * 200_000
    with pytest.raises(StyleListError, match="larger"):
        await StyleLibrary.open([address])


async def test_a_server_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr("styles.library.FETCH_TIMEOUT", 0.05)

    async def silence(reader, writer):
        await reader.read()
        await reader.read()
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(silence, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(StyleListError, match="did not come"):
        await StyleLibrary.open([f"http://127.0.0.1:{port}"])
    server.close()
    await server.wait_closed()
    await asyncio.sleep(0.01)  # lets the silent connection end
