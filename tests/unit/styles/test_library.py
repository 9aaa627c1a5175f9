"""The current list: sources, refresh, last good copies."""

import asyncio
import gzip
import json

import pytest
from aiohttp import web

from common.errors import StyleListError
from styles.library import StyleLibrary, read_offline, read_once

GOOD = {"prompt": "{p}{np}", "model": "sd"}


def write(folder, **tables):
    folder.mkdir(exist_ok=True)
    for name, table in tables.items():
        text = table if isinstance(table, str) else json.dumps(table)
        (folder / f"{name}.json").write_text(text)


class Server:
    """Serves one list; `pages` maps a file to its text, bytes, status or redirect."""

    def __init__(self):
        self.pages = {"styles.json": json.dumps({"web": GOOD})}
        self.journal = []
        self.headers = {}
        self.address = ""
        self.done = asyncio.Event()

    async def answer(self, request):
        file = request.match_info["file"]
        page = self.pages.get(file)
        mark = f'"{hash(page)}"'
        conditional = request.headers.get("If-None-Match")
        self.journal.append((file, conditional))
        if page is None:
            raise web.HTTPNotFound
        if isinstance(page, int):
            return web.Response(status=page)
        if page == "hang":
            await self.done.wait()
        if page.startswith("http") if isinstance(page, str) else False:
            return web.Response(status=302, headers={"Location": page})
        if conditional == mark:
            return web.Response(status=304, headers={"ETag": mark})
        body = page if isinstance(page, bytes) else page.encode()
        return web.Response(body=body, headers={"ETag": mark, **self.headers})


@pytest.fixture
async def server():
    """A web server with one list."""
    serving = Server()
    application = web.Application()
    application.router.add_get("/list/{file}", serving.answer)
    runner = web.AppRunner(application, shutdown_timeout=0)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    serving.address = f"http://127.0.0.1:{port}/list"
    yield serving
    serving.done.set()
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
    address, pages = server.address, server.pages
    pages["categories.json"] = json.dumps({"all": ["web"]})
    library = await StyleLibrary.open([address], cache=tmp_path)
    assert library.current.expand("all") == ("web",)
    pages["styles.json"] = 503
    restarted = await StyleLibrary.open([address], cache=tmp_path)
    assert list(restarted.current.styles) == ["web"]


@pytest.mark.parametrize("page", ["{", "[]", 503, '{"only": 1}'])
async def test_a_bad_answer_from_the_web_keeps_the_last_good_list(server, page):
    address, pages = server.address, server.pages
    library = await StyleLibrary.open([address])
    pages["styles.json"] = page
    await library.refresh()
    assert list(library.current.styles) == ["web"]
    assert library.sources[0].problem


LARGE = json.dumps({"web": GOOD, "filler": {"prompt": "x" * 50_000_000, "model": "sd"}})
BAD = {
    "invalid JSON": ("{", "not valid JSON"),
    "not a list of styles": ("[]", "must be an object"),
    "HTML with status 200": ("<html>maintenance</html>", "not valid JSON"),
    "a style without a model only": (json.dumps({"x": {"prompt": "{p}"}}), "no style that can"),
    "50 MB": (LARGE, "larger than 20 MB"),
    "hangs": ("hang", "did not answer"),
    "to the metadata of a cloud": ("http://169.254.169.254/latest", "open internet"),
    "to another port": ("http://127.0.0.1:1/", "open internet"),
    "to a private IPv6 address": ("http://[fd00::1]/", "open internet"),
    "gone": (404, "status 404"),
    "broken": (500, "status 500"),
}


@pytest.mark.parametrize("kind", BAD)
async def test_whatever_a_server_sends_the_last_good_list_stays_and_says_why(
    tmp_path, server, kind
):
    patience = 0.3 if kind == "hangs" else 20
    library = await StyleLibrary.open([server.address], cache=tmp_path, timeout=patience)
    good = server.pages["styles.json"]
    server.pages["styles.json"], why = BAD[kind]
    await library.refresh()
    assert list(library.current.styles) == ["web"]
    assert why in library.sources[0].problem
    restarted = await StyleLibrary.open([server.address], cache=tmp_path, timeout=patience)
    await restarted.refresh()
    assert list(restarted.current.styles) == ["web"]
    assert why in restarted.sources[0].problem
    server.pages["styles.json"] = good
    await library.refresh()
    assert not library.sources[0].problem


async def test_a_reply_that_swells_when_unpacked_leaves_the_last_good_list(tmp_path, server):
    library = await StyleLibrary.open([server.address], cache=tmp_path)
    server.headers = {"Content-Encoding": "gzip"}
    server.pages["styles.json"] = gzip.compress(b"[" * 100_000_000, 9)
    await library.refresh()
    assert list(library.current.styles) == ["web"]
    assert "larger than 20 MB" in library.sources[0].problem


async def test_a_category_that_contains_itself_is_named_and_the_list_is_used(server):
    server.pages["categories.json"] = json.dumps({"all": ["all", "web"]})
    library = await StyleLibrary.open([server.address])
    assert library.current.expand("all") == ("web",)
    assert any("contains itself" in str(fault) for fault in library.current.faults)
    assert not library.sources[0].problem


async def test_only_what_has_changed_is_sent_again_even_after_a_restart(tmp_path, server):
    library = await StyleLibrary.open([server.address], cache=tmp_path)
    first = library.current
    server.journal.clear()
    await library.refresh()
    assert library.current is first
    assert server.journal[0][1] is not None
    restarted = await StyleLibrary.open([server.address], cache=tmp_path)
    server.journal.clear()
    server.pages["categories.json"] = json.dumps({"all": ["web"]})
    await restarted.refresh()
    assert server.journal[0] == ("styles.json", f'"{hash(server.pages["styles.json"])}"')
    assert restarted.current.expand("all") == ("web",)
    del server.pages["categories.json"]
    await restarted.refresh()
    assert restarted.current.categories == {}


async def test_where_there_is_a_copy_nobody_waits_for_the_network(tmp_path, server):
    await StyleLibrary.open([server.address], cache=tmp_path)
    server.journal.clear()
    library = await StyleLibrary.open([server.address], cache=tmp_path)
    assert list(library.current.styles) == ["web"]
    assert server.journal == []


async def test_a_broken_copy_is_as_good_as_none(tmp_path, server):
    await StyleLibrary.open([server.address], cache=tmp_path)
    for file in tmp_path.glob("*/styles.json"):
        file.write_text("{")
    library = await StyleLibrary.open([server.address], cache=tmp_path)
    assert list(library.current.styles) == ["web"]


async def test_a_password_is_not_shown(server):
    secret = server.address.replace("http://", "http://me:secret@")
    library = await StyleLibrary.open([secret])
    server.pages["styles.json"] = 500
    await library.refresh()
    assert "secret" not in str(library.sources)


async def test_read_once_takes_what_is_there_this_moment_or_fails(tmp_path, server):
    write(tmp_path / "own", styles={"one": GOOD})
    read = await read_once([server.address, str(tmp_path / "own")])
    assert list(read.styles) == ["web", "one"]
    server.pages["styles.json"] = 500
    with pytest.raises(StyleListError, match="status 500"):
        await read_once([str(tmp_path / "own"), server.address])


async def test_read_offline_asks_nobody(tmp_path, server):
    with pytest.raises(StyleListError):
        await read_offline([server.address], cache=tmp_path)
    await StyleLibrary.open([server.address], cache=tmp_path)
    server.journal.clear()
    read = await read_offline(["bundled:demo", server.address], cache=tmp_path)
    assert "web" in read.styles
    assert server.journal == []
