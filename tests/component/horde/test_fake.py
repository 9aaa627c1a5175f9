"""The fake as other tests use it: as a process of its own, steered over HTTP."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from tests.component.horde.conftest import body
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]


@pytest.fixture
async def process(tmp_path):
    command = [sys.executable, "-m", "tests.fakes.horde", "--journal", str(tmp_path / "journal")]
    running = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    line = await asyncio.wait_for(running.stdout.readline(), 30)
    running.url = line.decode().strip()
    yield running
    if running.returncode is None:
        running.send_signal(signal.SIGTERM)
    assert await asyncio.wait_for(running.wait(), 30) == 0


async def test_as_a_process_of_its_own(process, session, client_of, tmp_path):
    class Remote:
        url = process.url

    client = client_of(Remote)
    origin = process.url.removesuffix("/api")

    async def steer(verb, **fields):
        async with session.post(f"{origin}/_fake/{verb}", json=fields) as response:
            assert response.status == 200, await response.text()

    await steer("set", seconds=None, fate="censored")
    submitted = await client.submit(body())
    assert not (await client.check(submitted.id)).done
    await steer("fail", route="check", kind="lose", times=1)
    await steer("finish", horde_id=submitted.id)
    assert (await client.check(submitted.id)).done
    assert (await client.status(submitted.id)).generations[0].censored

    entries = [json.loads(line) for line in (tmp_path / "journal").read_text().splitlines()]
    assert [entry["route"] for entry in entries[:2]] == ["submit", "check"]
    assert {0, 200, 202} == {entry["status"] for entry in entries}
    async with session.get(f"{origin}/_fake/journal") as response:
        assert len(await response.json()) == len(entries)


async def test_it_comes_back_on_the_same_port_with_what_it_knew(horde, client):
    submitted = await client.submit(body())
    before = horde.url
    await horde.stop()
    await horde.start()

    assert horde.url == before
    assert (await client.check(submitted.id)).done


async def test_pictures_finish_one_after_the_other(session, client_of, clock):
    async with FakeHorde(seconds=40, clock=clock) as horde:
        client = client_of(horde)
        submitted = await client.submit(body(n=4))
        seen = []
        for clock.now in (0, 9, 10, 25, 39, 40):
            check = await client.check(submitted.id)
            seen.append((check.finished, check.processing, check.waiting, check.done))

    assert seen == [
        (0, 1, 3, False),
        (0, 1, 3, False),
        (1, 1, 2, False),
        (2, 1, 1, False),
        (3, 1, 0, False),
        (4, 0, 0, True),
    ]


async def test_webhooks_are_called_when_the_time_has_come(horde, client, aiohttp_url):
    horde.seconds = 0.05
    await client.submit(body().model_copy(update={"webhook": aiohttp_url}))

    await wait_until(lambda: horde.journal.count("webhook") == 1)
    assert horde.journal.of("webhook")[0].body["request"] in horde.requests


@pytest.fixture
async def aiohttp_url():
    async with FakeHorde() as another:
        yield f"{another.origin}/somewhere"
