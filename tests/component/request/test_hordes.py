"""Several Hordes: what they serve together, and which is asked first."""

import aiohttp
import pytest

from bots.program import open_hordes
from common.config import parse
from tests.fakes.horde import FakeHorde


@pytest.fixture
async def pair():
    async with (
        FakeHorde(models={"ours": 1, "both": 1}) as own,
        FakeHorde(models={"theirs": 5, "both": 3}) as public,
    ):
        yield own, public


@pytest.fixture
async def hordes(pair):
    own, public = pair
    endpoints = [{"name": "own", "url": own.url}, {"name": "public", "url": public.url}]
    config = parse({"horde": {"endpoints": endpoints}})
    async with aiohttp.ClientSession() as session, open_hordes(config, session) as opened:
        yield opened


async def order(hordes, model):
    return [endpoint.name for endpoint in await hordes.candidates(model)]


async def test_served_is_the_union(hordes):
    served = await hordes.served()
    assert {model: facts.workers for model, facts in served.items()} == {
        "ours": 1,
        "both": 4,
        "theirs": 5,
    }


async def test_first_in_order_that_serves_the_model_comes_first(hordes):
    assert await order(hordes, "both") == ["own", "public"]
    assert await order(hordes, "theirs") == ["public", "own"]
    assert await order(hordes, "nobody's") == ["own", "public"]


async def test_horde_that_cannot_say_counts_as_serving(hordes, pair):
    await pair[0].stop()
    assert await order(hordes, "theirs") == ["own", "public"]
    assert set(await hordes.served()) == {"both", "theirs"}


async def test_nobody_can_say_means_everything_is_served(hordes, pair):
    for horde in pair:
        await horde.stop()
    assert await hordes.served() is None


async def test_answer_is_remembered_for_a_while(hordes, pair):
    for _ in range(5):
        await hordes.served()
    assert pair[0].journal.count("models") == 1


async def test_endpoint_is_found_by_its_name(hordes):
    assert hordes.named("public").name == "public"
    assert hordes.named("gone") is None
    assert hordes.named(None) is None
