"""The list of Hordes changes while jobs are under way."""

import aiohttp
import pytest
from pydantic import SecretStr

from bots.assembly.endpoints import LiveHordes
from common.config import EndpointConfig
from common.errors import HordeForbidden
from common.horde.wire import generation_body
from common.model import Job
from request.observer import Observer
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until


@pytest.fixture
async def hordes():
    async with aiohttp.ClientSession() as session:
        opened = LiveHordes(session, Observer(), lasting=False)
        yield opened
        await opened.close()


def entry(horde, name="own", **more):
    return EndpointConfig(name=name, url=horde.url, **more)


async def test_what_a_horde_has_is_watched_to_its_end_after_it_is_left_out(hordes):
    async with FakeHorde(seconds=None) as first, FakeHorde() as second:
        await hordes.configure([entry(first)])
        [old] = hordes.endpoints
        body = generation_body(Job(style="raw", prompt="a fox", model="stable_diffusion"))
        sent = await old.client.submit(body)
        ended = old.poller.watch(sent.id)
        await hordes.configure([entry(second, "other")])
        assert [one.name for one in hordes.endpoints] == ["other"]
        assert hordes.named("own") is None
        first.finish(sent.id)
        old.poller.wake(sent.id)
        assert (await ended).done


async def test_one_that_is_not_changed_goes_on_and_a_new_order_holds(hordes):
    async with FakeHorde() as first, FakeHorde() as second:
        entries = [entry(first, "first"), entry(second, "second")]
        await hordes.configure(entries)
        before = hordes.endpoints
        await hordes.configure(entries[::-1])
        assert hordes.endpoints == before[::-1]


async def test_a_new_key_is_tried_at_once_though_the_old_one_was_refused(hordes):
    async with FakeHorde() as horde:
        await hordes.configure([entry(horde)])
        hordes.failed(hordes.endpoints[0], HordeForbidden())
        assert hordes.rests(hordes.endpoints[0])
        await hordes.configure([entry(horde, key=SecretStr("a better key"))])
        assert not hordes.rests(hordes.endpoints[0])


async def test_an_idle_one_that_is_left_out_is_ended(hordes):
    async with FakeHorde() as first, FakeHorde() as second:
        await hordes.configure([entry(first)])
        await hordes.configure([entry(second)])
        await wait_until(lambda: len(hordes._running) == 1)
