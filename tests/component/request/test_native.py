"""`style: horde/NAME`: looked up on the Horde, remembered, resolved here."""

import aiohttp
import pytest

from bots.assembly.endpoints import open_hordes
from common.config import Config, EndpointConfig, HordeConfig
from common.errors import Refusal
from common.model import Ending
from request.horde.native import FRESH, NativeLookup, candidates, named
from tests.fakes.clock import Clock
from tests.fakes.horde import FakeHorde, faults
from tests.fakes.platform import FakePlatform


def style(name, number, **more):
    return {
        "id": f"00000000-0000-0000-0000-{number:012}",
        "name": name,
        "prompt": f"{{p}}, {name} painting###ugly, {{np}}",
        "params": {"steps": 20, "width": 512, "height": 640},
        "models": ["stable_diffusion"],
        "nsfw": False,
        "creator": "ann#7",
        **more,
    }


@pytest.fixture
def stocked(horde):
    horde.styles = [
        style("foxy", 1),
        style("foxy night", 2),
        style("both", 3),
        style("rude", 4, nsfw=True),
    ]
    members = [{"id": one["id"], "name": f"ann#7::style::{one['name']}"} for one in horde.styles]
    horde.collections = [
        {"id": "c1", "name": "zoo", "styles": members[:2]},
        {"id": "c2", "name": "both", "styles": members[:1]},
        {"id": "c3", "name": "half", "styles": [*members[:1], {"id": "gone", "name": "x"}]},
    ]
    return horde


@pytest.fixture
def ticks():
    return Clock(0.0)


@pytest.fixture
async def lookup(stocked, ticks):
    endpoints = (EndpointConfig(name="fake", url=stocked.url),)
    config = Config(horde=HordeConfig(endpoints=endpoints))
    async with aiohttp.ClientSession() as session, open_hordes(config, session) as hordes:
        yield NativeLookup(hordes, timeout=30, monotonic=ticks)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("draw a fox style: horde/foxy", "foxy"),
        ("draw a fox style：Horde/foxy night, big", "foxy night, big"),
        ('draw style: "horde/foxy night" a fox', "foxy night"),
        ("draw a fox --style horde/foxy --n 2", "foxy"),
        ("draw a fox style: horde/foxy ### dog", "foxy"),
        ("draw a fox style: raw style: horde/zoo", "zoo"),
        ("style: horde/foxy\nmore", "foxy"),
        ("draw a lifestyle: horde/foxy", None),
        ("draw a fox style: raw", None),
        ("draw horde/foxy", None),
        ("draw a fox style: horde/foxy style: raw", None),
        ("draw a fox --style: horde/foxy", "foxy"),
        ("狐 style：horde/foxy", "foxy"),
        ("draw a fox -style horde/foxy", "foxy"),
        ("draw a fox —style horde/foxy", "foxy"),
        ("draw a fox sty\u200ble: horde/foxy", "foxy"),
    ],
)
def test_the_name_in_a_message(text, words):
    assert named(text) == words


def test_the_longest_name_is_tried_first():
    assert candidates("foxy night, a big red fox in the snow") == (
        *("foxy night, a big red", "foxy night, a big", "foxy night, a", "foxy night", "foxy"),
    )


async def test_the_longest_name_that_exists_is_found(lookup):
    assert list((await lookup.find("foxy night a fox")).styles) == ["horde/foxy night"]
    assert list((await lookup.find("foxy, a fox")).styles) == ["horde/foxy"]


async def test_a_collection_is_a_category_of_its_styles(lookup):
    found = await lookup.find("zoo")
    assert found.categories == {"horde/zoo": ("horde/foxy", "horde/foxy night")}
    assert set(found.styles) == {"horde/foxy", "horde/foxy night"}


async def test_a_name_that_is_both_is_the_style(lookup):
    assert (await lookup.find("both")).categories == {}


async def test_a_member_that_is_gone_is_passed_over(lookup):
    assert (await lookup.find("half")).categories == {"horde/half": ("horde/foxy",)}


async def test_what_was_found_is_not_asked_again_for_an_hour(lookup, stocked, ticks):
    for _ in range(30):
        await lookup.find("zoo")
    assert stocked.journal.count("collection") == 1
    assert stocked.journal.count("style") == 2
    ticks.now += FRESH + 1
    await lookup.find("zoo")
    assert stocked.journal.count("style") == 4


async def test_what_was_found_is_served_where_the_horde_is_down(lookup, stocked, ticks):
    await lookup.find("foxy")
    ticks.now += FRESH + 1
    await stocked.stop()
    assert "horde/foxy" in (await lookup.find("foxy")).styles
    with pytest.raises(Refusal, match="in time"):
        await lookup.find("zoo")


async def test_an_unknown_name_is_refused_with_names_that_are_known(lookup):
    await lookup.find("foxy")
    with pytest.raises(Refusal, match="keeps no style") as refused:
        await lookup.find("foxi")
    assert refused.value.suggestions == ("horde/foxy",)


async def test_a_horde_that_hangs_is_not_waited_for(stocked, ticks):
    endpoints = (EndpointConfig(name="fake", url=stocked.url),)
    config = Config(horde=HordeConfig(endpoints=endpoints))
    stocked.fail("style_name", faults.hang(), times=9)
    async with aiohttp.ClientSession() as session, open_hordes(config, session) as hordes:
        with pytest.raises(Refusal, match="in time"):
            await NativeLookup(hordes, timeout=0.2, monotonic=ticks).find("foxy")


async def test_the_next_horde_is_asked_where_the_first_has_no_such_style(stocked, ticks):
    async with FakeHorde() as first, aiohttp.ClientSession() as session:
        endpoints = (
            EndpointConfig(name="own", url=first.url),
            EndpointConfig(name="public", url=stocked.url),
        )
        config = Config(horde=HordeConfig(endpoints=endpoints))
        async with open_hordes(config, session) as hordes:
            assert (await NativeLookup(hordes, monotonic=ticks).find("foxy")).styles


@pytest.mark.database
async def test_a_request_in_a_style_of_the_horde(start, heard, stocked):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: horde/foxy night --n 2 ### dog"))
        outcome = await platform.answer_to("1")
        platform.say(heard("again", event="2", parent="post-1-1"))
        again = await platform.answer_to("2")
    assert (outcome.ending, again.ending) == (Ending.DONE, Ending.DONE)
    first, second = (exchange.body for exchange in stocked.journal.of("submit"))
    assert first["prompt"] == "a fox, foxy night painting###ugly, dog"
    assert (first["params"]["steps"], first["params"]["n"]) == (20, 2)
    assert second["prompt"] == first["prompt"]


@pytest.mark.database
async def test_a_collection_gives_exactly_as_many_pictures_as_asked_for(start, heard, stocked):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: horde/zoo --n 3"))
        outcome = await platform.answer_to("1")
    assert sorted(picture.style for picture in outcome.pictures) in (
        ["horde/foxy", "horde/foxy", "horde/foxy night"],
        ["horde/foxy", "horde/foxy night", "horde/foxy night"],
    )


@pytest.mark.database
async def test_an_adult_style_of_the_horde_is_refused_where_nsfw_is_off(start, heard, stocked):
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox style: horde/rude"))
        outcome = await platform.answer_to("1")
    assert outcome.ending is Ending.REFUSED
    assert "for adults" in outcome.text
    assert stocked.journal.count("submit") == 0
