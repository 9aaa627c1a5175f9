"""Our account on a Horde: whether its key is taken, and how often it may ask."""

import asyncio
from contextlib import asynccontextmanager

import aiohttp
import pytest
from pydantic import SecretStr

from bots.assembly.endpoints import LiveHordes
from bots.assembly.trust import AGAIN, KNOWN_FOR, keep_knowing
from common.config import EndpointConfig
from common.horde.client import HordeClient
from common.horde.limits import Limits
from common.horde.poller import Poller
from common.horde.transport import Patience
from common.running.tasks import cancel
from request.horde.hordes import Endpoint
from request.observer import Observer
from tests.fakes.horde import FakeHorde, faults
from tests.waiting import wait_until


@pytest.fixture
async def horde():
    async with FakeHorde() as running:
        yield running


@asynccontextmanager
async def knowing(horde, limits, heard):
    """Look at our account with time that passes at once; yields the client and the sleeps."""
    slept = []

    async def sleep(seconds):
        slept.append(seconds)
        await asyncio.sleep(0.01)

    async with aiohttp.ClientSession() as session:
        once = Patience(attempts=1)
        client = HordeClient(
            horde.url, SecretStr("k"), session, name="fake", limits=limits, patience=once
        )
        endpoint = Endpoint("fake", client, Poller(client))
        task = asyncio.create_task(
            keep_knowing(endpoint, lambda _, error: heard.append(error), sleep=sleep)
        )
        try:
            yield client, slept
        finally:
            await cancel(task)


async def test_a_trusted_account_may_ask_more_often_and_less_when_trust_is_lost(horde):
    horde.trusted = True
    async with knowing(horde, Limits.public(), []) as (client, slept):
        await wait_until(lambda: client.limits == Limits.whitelisted())
        horde.trusted = False
        await wait_until(lambda: client.limits == Limits.public())
    assert set(slept) == {KNOWN_FOR}


async def test_a_horde_without_limits_keeps_none(horde):
    async with knowing(horde, Limits.unlimited(), []) as (client, slept):
        await wait_until(lambda: slept)
        assert client.limits == Limits.unlimited()


async def test_a_key_that_is_not_taken_is_told_at_once_and_looked_at_again(horde):
    horde.keys, heard = set(), []
    async with knowing(horde, Limits.public(), heard) as (_, slept):
        await wait_until(lambda: len(slept) >= 2)
    assert "does not accept the bot's key" in str(heard[0])
    assert set(slept) == {AGAIN}


async def test_an_unreachable_horde_says_nothing_against_our_key(horde):
    horde.fail("find_user", faults.html(502), 1)
    heard = []
    async with knowing(horde, Limits.public(), heard) as (_, slept):
        await wait_until(lambda: KNOWN_FOR in slept)
    assert heard == []


async def test_the_program_looks_at_every_key_but_the_anonymous_one(horde):
    entries = [EndpointConfig(name="a", url=horde.url, key=SecretStr("key"))]
    entries.append(EndpointConfig(name="b", url=horde.url))
    async with aiohttp.ClientSession() as session:
        hordes = LiveHordes(session, Observer())
        await hordes.configure(entries)
        await wait_until(lambda: horde.journal.count("find_user") >= 1)
        await hordes.close()
    assert {e.headers["apikey"] for e in horde.journal.of("find_user")} == {"key"}


async def test_a_key_refused_at_the_start_lets_its_horde_rest(horde):
    horde.keys = set()
    async with aiohttp.ClientSession() as session:
        hordes = LiveHordes(session, Observer())
        await hordes.configure([EndpointConfig(name="a", url=horde.url, key=SecretStr("key"))])
        await wait_until(lambda: hordes.closed(hordes.endpoints[0]) is not None)
        await hordes.close()
