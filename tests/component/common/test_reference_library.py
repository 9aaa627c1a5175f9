"""The model reference of the moment: refreshed, kept, never made worse."""

import json

import pytest

from common.reference.library import ReferenceLibrary
from common.reference.models import ModelReference
from tests.fakes import faults
from tests.fakes.pages import FakePages

PAGE = "models.json"
PUBLISHED = {
    "brand new": {"baseline": "flux_1", "nsfw": True, "inpainting": False},
    "stable_diffusion": {"baseline": "stable diffusion 1", "nsfw": True},
    "two": {"baseline": "stable_diffusion_xl", "pictures_per_request": 2},
    "paints into": {"baseline": "stable diffusion 1", "inpainting": True},
    "broken": {"baseline": 5},
}


@pytest.fixture
async def server():
    async with FakePages() as serving:
        serving.pages[PAGE] = json.dumps(PUBLISHED)
        yield serving


@pytest.fixture
def address(server):
    return f"{server.url}/{PAGE}"


async def test_what_is_published_lies_over_the_bundled_facts(tmp_path, address):
    library = await ReferenceLibrary.open(address, cache=tmp_path)
    assert library.current is ModelReference.bundled()
    await library.refresh()
    assert library.current.baseline("brand new") == "flux_1"
    assert library.current.nsfw("stable_diffusion")
    assert library.current.baseline("SDXL 1.0") == "stable_diffusion_xl"
    assert library.current.pictures_per_request("two") == 2
    assert library.current.models["paints into"].inpainting
    assert (library.problem, library.good_at is None) == ("", False)


@pytest.mark.parametrize(
    "body", ["{", "[]", "{}", "<html>", '{"x": 1}', "[" * 200_000, " " * 6_000_000]
)
async def test_what_is_no_reference_changes_nothing_and_says_so(tmp_path, server, address, body):
    library = await ReferenceLibrary.open(address, cache=tmp_path)
    await library.refresh()
    good = library.current
    server.pages[PAGE] = body
    await library.refresh()
    assert library.current is good
    assert library.problem
    restarted = await ReferenceLibrary.open(address, cache=tmp_path)
    assert restarted.current.nsfw("brand new")


async def test_a_server_that_is_down_changes_nothing_and_says_so(tmp_path, server, address):
    library = await ReferenceLibrary.open(address, cache=tmp_path)
    await library.refresh()
    server.fail("list", faults.answer(503, ""), 99)
    server.pages[PAGE] += " "
    await library.refresh()
    assert library.current.nsfw("brand new")
    assert "503" in library.problem
    server.heal()
    await library.refresh()
    assert library.problem == ""


async def test_it_is_sent_again_only_if_it_has_changed_even_after_a_restart(
    tmp_path, server, address
):
    now = 1000.0
    library = await ReferenceLibrary.open(address, cache=tmp_path, clock=lambda: now)
    await library.refresh()
    first = library.current
    now = 2000.0
    await library.refresh()
    assert library.current is first
    restarted = await ReferenceLibrary.open(address, cache=tmp_path)
    assert (restarted.current, restarted.good_at) == (first, 2000.0)
    await restarted.refresh()
    [first_mark, *marks] = [mark for _, mark in server.asked()]
    assert first_mark is None
    assert marks == [server.mark(PAGE)] * 2


async def test_a_password_is_not_in_the_problem(tmp_path, server, address):
    server.pages[PAGE] = "{}"
    library = await ReferenceLibrary.open(address.replace("//", "//me:secret@"), cache=tmp_path)
    await library.refresh()
    assert "names no model" in library.problem
    assert "secret" not in library.problem


async def test_without_an_address_the_bundled_facts_hold(tmp_path):
    library = await ReferenceLibrary.open(None, cache=tmp_path)
    await library.refresh()
    assert library.current is ModelReference.bundled()
