"""Lists at addresses: kept, asked for only if they change, and never made worse by a server."""

import hashlib
import json
import zlib

import pytest

from common.errors import StyleListError
from styles.lists.library import StyleLibrary, read_offline, read_once
from styles.lists.previews import Previews
from tests.component.styles.conftest import GOOD
from tests.fakes import faults


def one(name):
    return json.dumps({name: GOOD})


async def test_a_list_from_the_web_is_read_and_kept(tmp_path, server):
    server.pages["categories.json"] = json.dumps({"all": ["web"]})
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    assert library.current.expand("all") == ("web",)
    server.fail("list", faults.answer(503, ""), 9, only="styles.json")
    restarted = await StyleLibrary.open([server.url], cache=tmp_path)
    assert list(restarted.current.styles) == ["web"]
    assert restarted.current.expand("all") == ("web",)


def to(target):
    """What sends whoever asks to another address."""
    return faults.answer(302, "", {"Location": target})


def packed(encoding):
    """What sends 20 MB in a few kilobytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    body = packer.compress(b"[" * 20_000_000) + packer.flush()
    return faults.answer(200, body, {"Content-Encoding": encoding})


BAD = {
    "invalid JSON": ("{", "not valid JSON"),
    "not a list of styles": ("[]", "must be an object"),
    "no styles": ('{"only": 1}', "no style that can"),
    "HTML with status 200": ("<html>maintenance</html>", "not valid JSON"),
    "a style without a model only": (json.dumps({"x": {"prompt": "{p}"}}), "no style that can"),
    "6 MB": (json.dumps({"web": GOOD, "filler": "x" * 6_000_000}), "larger than 5 MB."),
    "to the metadata of a cloud": (to("http://169.254.169.254/latest"), "open internet"),
    "to another port": (to("http://127.0.0.1:1/"), "open internet"),
    "to this machine by IPv6": (to("http://[::1]:80/"), "open internet"),
    "to a private IPv6 address": (to("http://[fd00::1]/"), "open internet"),
    "gone": (faults.answer(404, ""), "status 404"),
    "broken": (faults.answer(500, ""), "status 500"),
    "hangs": (faults.hang(), "did not answer"),
    "cut half way": (faults.reset(), "cannot be reached"),
    "a bomb in gzip": (packed("gzip"), "larger than 5 MB when unpacked"),
    "a bomb in deflate": (packed("deflate"), "larger than 5 MB when unpacked"),
}


def misbehave(server, kind):
    """Make the server do what a kind says, until it is healed; return the words that tell of it."""
    answer, why = BAD[kind]
    if isinstance(answer, str):
        answer = faults.answer(200, answer)
    server.fail("list", answer, 99, only="styles.json")
    server.pages["styles.json"] += " "  # it has changed, so that there is something to send
    return why


@pytest.mark.parametrize("kind", BAD)
async def test_whatever_a_server_sends_the_last_good_list_stays_and_says_why(
    tmp_path, server, kind
):
    await StyleLibrary.open([server.url], cache=tmp_path)
    patience = 0.2 if kind == "hangs" else 60
    library = await StyleLibrary.open([server.url], cache=tmp_path, timeout=patience)
    good = library.current
    why = misbehave(server, kind)
    await library.refresh()
    assert library.current is good
    assert why in library.sources[0].problem
    restarted = await StyleLibrary.open([server.url], cache=tmp_path, timeout=patience)
    await restarted.refresh()
    assert list(restarted.current.styles) == ["web"]
    assert why in restarted.sources[0].problem
    server.heal()
    patient = await StyleLibrary.open([server.url], cache=tmp_path)
    for recovered in (patient,) if kind == "hangs" else (library, patient):
        await recovered.refresh()
        assert not recovered.sources[0].problem


@pytest.mark.parametrize("page", ["categories.json", "enhancements.json"])
async def test_a_broken_second_file_spoils_nothing(tmp_path, server, page):
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    good = library.current
    server.pages[page] = "{"
    await library.refresh()
    assert library.current is good
    assert page in library.sources[0].problem


async def test_a_category_that_contains_itself_is_named_and_the_list_is_used(server):
    server.pages["categories.json"] = json.dumps({"all": ["all", "web"]})
    library = await StyleLibrary.open([server.url])
    assert library.current.expand("all") == ("web",)
    assert any("contains itself" in str(fault) for fault in library.current.faults)
    assert not library.sources[0].problem


async def test_a_style_without_a_model_is_left_out_and_named(server):
    server.pages["styles.json"] = json.dumps({"web": GOOD, "bare": {"prompt": "{p}"}})
    library = await StyleLibrary.open([server.url])
    assert list(library.current.styles) == ["web"]
    assert [fault.entry for fault in library.sources[0].faults] == ["bare"]


async def test_only_what_has_changed_is_sent_again_even_after_a_restart(tmp_path, server):
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    first = library.current
    server.journal.clear()
    await library.refresh()
    assert library.current is first
    assert ("styles.json", server.mark("styles.json")) in server.asked()
    restarted = await StyleLibrary.open([server.url], cache=tmp_path)
    server.journal.clear()
    server.pages["categories.json"] = json.dumps({"all": ["web"]})
    await restarted.refresh()
    assert ("styles.json", server.mark("styles.json")) in server.asked()
    assert restarted.current.expand("all") == ("web",)
    del server.pages["categories.json"]
    await restarted.refresh()
    assert restarted.current.categories == {}


async def test_without_copies_on_disk_too_only_what_has_changed_is_sent_again(server):
    library = await StyleLibrary.open([server.url])
    server.journal.clear()
    await library.refresh()
    assert ("styles.json", server.mark("styles.json")) in server.asked()
    server.pages["categories.json"] = json.dumps({"all": ["web"]})
    await library.refresh()
    assert library.current.expand("all") == ("web",)


async def test_the_same_bytes_are_not_read_again_even_from_a_server_without_etags(server):
    server.marks = False
    library = await StyleLibrary.open([server.url])
    first = library.current
    await library.refresh()
    assert library.current is first
    server.pages["styles.json"] = one("new")
    await library.refresh()
    assert list(library.current.styles) == ["new"]


async def test_what_another_process_fetched_into_the_same_folder_is_not_missed(tmp_path, server):
    running = await StyleLibrary.open([server.url], cache=tmp_path)
    server.pages["styles.json"] = one("new")
    other = StyleLibrary([server.url], cache=tmp_path)
    await other.refresh()
    await running.refresh()
    assert list(running.current.styles) == ["new"]


async def test_files_of_different_versions_are_never_mixed(tmp_path, server):
    old = server.pages["styles.json"]
    running = await StyleLibrary.open([server.url], cache=tmp_path)
    server.pages["styles.json"] = one("new")
    await StyleLibrary([server.url], cache=tmp_path).refresh()  # another process
    server.pages["styles.json"] = old
    server.pages["categories.json"] = json.dumps({"all": ["web"]})
    await running.refresh()
    assert list(running.current.styles) == ["web"]
    assert running.current.expand("all") == ("web",)


async def test_an_answer_that_nothing_has_changed_when_nothing_is_known_is_no_list(server):
    server.fail("list", faults.answer(304, ""), only="styles.json")
    with pytest.raises(StyleListError, match="status 304"):
        await StyleLibrary.open([server.url])


async def test_where_there_is_a_copy_nobody_waits_for_the_network(tmp_path, server):
    await StyleLibrary.open([server.url], cache=tmp_path)
    server.journal.clear()
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    assert list(library.current.styles) == ["web"]
    assert server.asked() == []


@pytest.mark.timeout(60)
async def test_where_there_is_no_copy_all_files_together_are_waited_for_once(tmp_path, server):
    server.fail("list", faults.hang(), 9)
    library = await StyleLibrary.open([server.url, "bundled:demo"], cache=tmp_path, timeout=0.2)
    assert "pixel" in library.current.styles
    assert "did not answer" in library.sources[0].problem
    await server.until(lambda: len(server.asked()) == 3)


@pytest.mark.parametrize("damage", ["{", '{"x": {"prompt": "{p}", "model": "sd"}}', ""])
async def test_a_damaged_copy_is_replaced_by_what_is_published(tmp_path, server, damage):
    await StyleLibrary.open([server.url], cache=tmp_path)
    for file in tmp_path.glob("*/styles.json"):
        file.write_text(damage)
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    await library.refresh()
    assert list(library.current.styles) == ["web"]


@pytest.mark.parametrize("marks", ["{", "[]", '{"styles.json": 5}', '{"styles.json": [1, 2, 3]}'])
async def test_damaged_marks_mean_that_everything_is_sent_again(tmp_path, server, marks):
    await StyleLibrary.open([server.url], cache=tmp_path)
    for file in tmp_path.glob("*/marks.json"):
        file.write_text(marks)
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    server.journal.clear()
    await library.refresh()
    assert ("styles.json", None) in server.asked()
    assert library.sources[0].problem == ""


@pytest.mark.parametrize("etag", [5, [], {}, True])
async def test_marks_that_cannot_be_sent_are_not_used(tmp_path, server, etag):
    await StyleLibrary.open([server.url], cache=tmp_path)
    (file,) = tmp_path.glob("*/marks.json")
    marks = {name: [mark[0], etag, None] for name, mark in json.loads(file.read_text()).items()}
    file.write_text(json.dumps(marks))
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    server.journal.clear()
    await library.refresh()
    assert ("styles.json", None) in server.asked()
    assert library.sources[0].problem == ""


async def test_a_whole_copy_of_no_use_any_more_is_fetched_anew(tmp_path, server):
    await StyleLibrary.open([server.url], cache=tmp_path)
    (file,) = tmp_path.glob("*/styles.json")
    (marks,) = tmp_path.glob("*/marks.json")
    was, useless = file.read_bytes(), b'{"x": {"prompt": "as an older version read it"}}'
    file.write_bytes(useless)
    digests = [hashlib.sha256(content).hexdigest() for content in (was, useless)]
    marks.write_text(marks.read_text().replace(*digests))
    library = await StyleLibrary.open([server.url], cache=tmp_path)
    assert list(library.current.styles) == ["web"]
    assert library.sources[0].problem == ""


async def test_a_source_tells_when_it_was_good_and_when_it_was_asked(tmp_path, server):
    now = 1000.0
    library = await StyleLibrary.open([server.url], cache=tmp_path, clock=lambda: now)
    now = 2000.0
    await library.refresh()  # not changed: still good
    assert library.sources[0].checked_at == 2000.0
    server.fail("list", faults.answer(500, ""), 9, only="styles.json")
    now = 3000.0
    await library.refresh()
    (state,) = library.sources
    assert (state.good_at, state.checked_at, state.age(3000.0)) == (2000.0, 3000.0, 1000.0)
    (restarted,) = (await StyleLibrary.open([server.url], cache=tmp_path)).sources
    assert (restarted.good_at, restarted.checked_at) == (2000.0, None)


async def test_a_password_is_sent_and_not_shown(server):
    secret = server.url.replace("http://", "http://me:secret@")
    library = await StyleLibrary.open([f"{secret}?token=hidden"])
    server.journal.clear()
    server.fail("list", faults.answer(500, ""), only="styles.json")
    await library.refresh()
    [asked] = server.journal.of("list", "styles.json")
    assert asked.headers["authorization"] == "Basic bWU6c2VjcmV0"
    assert "status 500" in library.sources[0].problem
    assert "secret" not in str(library.sources)
    assert "hidden" not in str(library.sources)


async def test_read_once_takes_what_is_there_this_moment_or_fails(tmp_path, server):
    (tmp_path / "styles.json").write_text(one("own"))
    read = await read_once([server.url, str(tmp_path)])
    assert list(read.styles) == ["web", "own"]
    server.fail("list", faults.answer(500, ""), 9, only="styles.json")
    with pytest.raises(StyleListError, match="status 500"):
        await read_once([str(tmp_path), server.url])


async def test_read_offline_asks_nobody(tmp_path, server):
    with pytest.raises(StyleListError, match="no copy"):
        await read_offline([server.url], cache=tmp_path)
    await StyleLibrary.open([server.url], cache=tmp_path)
    server.journal.clear()
    read = await read_offline(["bundled:demo", server.url], cache=tmp_path)
    assert "web" in read.styles
    assert server.asked() == []


async def test_previews_at_an_address_outlive_it(server, tmp_path):
    table = {"web": {"person": "https://pictures.example/web.webp"}}
    server.pages["previews.json"] = json.dumps(table)
    previews = Previews([server.url], cache=tmp_path)
    assert await previews.of(["web"]) == {}
    await previews.refresh()
    assert (await previews.of(["web"]))["web"][0].address == "https://pictures.example/web.webp"
    server.pages["previews.json"] = "no longer JSON"
    again = Previews([server.url], cache=tmp_path)
    await again.refresh()
    assert "web" in await again.of(["web"])
