"""Several Hordes: what they serve together, and which is asked first."""

import aiohttp
import pytest

from bots.assembly.endpoints import open_hordes
from common.config import PlaceConfig, parse
from common.errors import ConfigError, HordeBusy, HordeForbidden, HordeUnreachable
from common.horde.outcomes import error_of
from common.horde.wire import Check
from common.model import Audience, Ending, Job, LoraUse
from request.horde.hordes import RESTS, SERVED_FOR, Hordes
from tests.fakes.clock import Clock
from tests.fakes.horde import FakeHorde
from tests.fakes.platform import FakePlatform


@pytest.fixture
async def pair():
    async with (
        FakeHorde(models={"ours": 1, "both": 1}) as own,
        FakeHorde(models={"theirs": 5, "both": 3}) as public,
    ):
        yield own, public


@pytest.fixture
def ticks():
    return Clock(1000.0)


@pytest.fixture
async def hordes(pair, ticks):
    own, public = pair
    endpoints = [{"name": "own", "url": own.url}, {"name": "public", "url": public.url}]
    config = parse({"horde": {"endpoints": endpoints}})
    async with aiohttp.ClientSession() as session, open_hordes(config, session) as opened:
        yield Hordes(opened.endpoints, monotonic=ticks)


async def order(hordes, model):
    job = Job(style="raw", prompt="a fox", model=model)
    return [endpoint.name for endpoint in await hordes.candidates(job)]


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


async def test_one_that_fails_rests_and_the_next_is_asked(hordes, ticks):
    own = hordes.named("own")
    hordes.failed(own, HordeUnreachable(horde="own"))
    assert await order(hordes, "both") == ["public", "own"]
    assert set(await hordes.served()) == {"both", "theirs"}
    assert hordes.trouble(own)
    ticks.now += RESTS[0]
    assert await order(hordes, "both") == ["own", "public"]
    assert not hordes.trouble(own)


async def test_it_rests_longer_each_time_until_it_answers(hordes, ticks):
    own = hordes.named("own")
    for pause in (*RESTS, RESTS[-1]):
        hordes.failed(own, HordeForbidden(horde="own"))
        ticks.now += pause - 1
        assert hordes.rests(own)
        ticks.now += 1
        assert not hordes.rests(own)
    hordes.succeeded(own)
    hordes.failed(own, HordeUnreachable(horde="own"))
    ticks.now += RESTS[0]
    assert not hordes.rests(own)


async def test_what_fails_on_its_way_with_others_counts_once(hordes, ticks):
    own = hordes.named("own")
    for _ in range(5):  # were under way when the line broke
        hordes.failed(own, HordeUnreachable(horde="own"))
    ticks.now += RESTS[0]
    assert not hordes.rests(own)


async def test_a_busy_one_does_not_rest(hordes):
    hordes.failed(hordes.named("own"), HordeBusy())
    assert await order(hordes, "both") == ["own", "public"]


async def test_one_that_says_for_how_long_rests_so_long(hordes, ticks):
    own = hordes.named("own")
    hordes.failed(own, HordeBusy("horde.maintenance", pauses_endpoint=300.0))
    ticks.now += 299
    assert await order(hordes, "both") == ["public", "own"]
    ticks.now += 1
    assert await order(hordes, "both") == ["own", "public"]


async def test_one_that_shuts_us_out_says_what_the_operator_can_do(hordes):
    own = hordes.named("own")
    told = {"message": "Too many requests of a VPN.", "rc": "UnsafeIP"}
    hordes.failed(own, error_of(403, told, {}, horde="own"))
    assert "VPN" in hordes.mend(own)
    hordes.succeeded(own)
    assert hordes.mend(own) == ""


async def test_where_all_rest_all_are_asked(hordes):
    for endpoint in hordes.endpoints:
        hordes.failed(endpoint, HordeUnreachable(horde=endpoint.name))
    assert await order(hordes, "both") == ["own", "public"]
    assert set(await hordes.served()) == {"ours", "both", "theirs"}


async def test_a_long_queue_gives_way_to_a_short_one(hordes, pair):
    pair[0].eta = {"both": 3600}
    assert await order(hordes, "both") == ["public", "own"]
    assert await order(hordes, "ours") == ["own", "public"]


async def test_a_wait_we_have_just_heard_of_counts_more_than_an_older_list(hordes, ticks):
    own, job = hordes.named("own"), Job(style="raw", prompt="a fox", model="both")
    hordes.looked(own, job, Check(waiting=1, wait_time=900))
    assert await order(hordes, "both") == ["public", "own"]
    ticks.now += SERVED_FOR
    assert await order(hordes, "both") == ["own", "public"]
    hordes.looked(own, job, Check(processing=1, wait_time=900))
    assert await order(hordes, "both") == ["own", "public"]


async def test_a_horde_whose_workers_cannot_do_a_job_comes_behind_one_that_can(hordes, pair):
    pair[0].worker_traits = {"lora": False}
    job = Job(style="raw", prompt="a fox", model="both", loras=(LoraUse("1"),))
    found = await hordes.candidates(job)
    assert [endpoint.name for endpoint in found] == ["public", "own"]
    assert await hordes.others(job, hordes.named("own"))
    assert not await hordes.others(job, hordes.named("public"))


async def test_one_that_is_to_be_avoided_is_not_asked(hordes):
    job = Job(style="raw", prompt="a fox", model="both")
    found = await hordes.candidates(job, avoiding={"own"})
    assert [endpoint.name for endpoint in found] == ["public"]


async def test_one_that_closed_says_why_and_for_how_long(hordes, ticks):
    own = hordes.named("own")
    hordes.failed(own, HordeUnreachable(horde="own"))
    assert hordes.closed(own) is None
    hordes.failed(own, HordeBusy("horde.maintenance", rc="MaintenanceMode", pauses_endpoint=300.0))
    ticks.now += 100
    closed = hordes.closed(own)
    assert (type(closed), closed.rc, closed.retry_after) == (HordeBusy, "MaintenanceMode", 200)
    ticks.now += 200
    assert hordes.closed(own) is None


async def test_a_poller_that_finds_its_server_dead_lets_it_rest_until_it_is_back(hordes):
    own = hordes.named("own")
    own.poller.on_trouble(HordeUnreachable("horde.no_answer", horde="own"))
    assert hordes.rests(own)
    own.poller.on_trouble(None)
    assert not hordes.rests(own)


async def test_a_wrong_key_is_not_forgotten_because_looks_need_none(hordes):
    own = hordes.named("own")
    hordes.failed(own, HordeForbidden("horde.key_invalid", horde="own", pauses_endpoint=600.0))
    own.poller.on_trouble(None)
    assert "does not accept the bot's key" in hordes.trouble(own)


async def test_a_place_may_use_some_of_them_only(hordes):
    assert set(await hordes.served(allowed=("own",))) == {"ours", "both"}
    job = Job(style="raw", prompt="a fox", model="theirs")
    found = await hordes.candidates(job, allowed=("own",))
    assert [endpoint.name for endpoint in found] == ["own"]


def test_a_place_cannot_name_a_horde_that_is_not_there():
    endpoints = [{"name": "own", "url": "http://127.0.0.1:9/api"}]
    with pytest.raises(ConfigError, match="has only: own"):
        parse({"horde": {"endpoints": endpoints}, "defaults": {"private_hordes": ["hub"]}})


@pytest.mark.database
async def test_a_private_request_stays_on_the_hordes_it_may_use(start, heard, pair):
    own, public = pair
    for horde in pair:
        horde.models = {"stable_diffusion": 1}
    place = PlaceConfig(hordes=("fake1",), private_hordes=("fake0",))
    platform = FakePlatform()
    async with start(platform, urls=[own.url, public.url], place=place):
        platform.say(heard("draw for me a fox style: raw --n 1", event="1"))
        await platform.answer_to("1")
        text = "draw for me a fox style: raw --n 1 --private"
        platform.say(heard(text, event="2", audience=Audience.PRIVATE))
        outcome = await platform.answer_to("2")
    assert outcome.ending is Ending.DONE
    assert (own.journal.count("submit"), public.journal.count("submit")) == (1, 1)


@pytest.mark.database
async def test_a_model_only_our_own_worker_knows_may_be_named_from_the_first_request_on(
    start, heard, horde
):
    horde.models = {"stable_diffusion": 1, "attic_painter": 1}
    platform = FakePlatform()
    async with start(platform):
        platform.say(heard("draw for me a fox --model attic painter --n 1", event="1"))
        named = await platform.answer_to("1")
        platform.say(heard("draw for me a fox --model cellar painter --n 1", event="2"))
        unknown = await platform.answer_to("2")
    assert named.ending is Ending.DONE
    assert horde.submitted()[0]["models"] == ["attic_painter"]
    assert "I know no model “cellar painter”" in unknown.text
