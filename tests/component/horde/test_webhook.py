"""The webhook receiver, and the whole way from a Horde's call to an early look."""

from __future__ import annotations

import asyncio
import io
import json

import pytest
from aiohttp import web

from common.errors import StartupError
from common.horde.poller import Poller
from common.horde.webhook import MAX_BODY, WebhookReceiver
from tests.component.horde.conftest import body, running
from tests.fakes.horde import FakeHorde
from tests.waiting import wait_until

CALL = {
    "id": "a12c73cd-e105-4f6f-817f-c519c357d29e",
    "request": "8882dca6-ded8-4b76-8f74-870924d9ed59",
    "img": "http://127.0.0.1/a.webp",
    "seed": 2180562153,
    "gen_metadata": [{"type": "batch_index", "value": "see_ref", "ref": "0"}],
}


@pytest.fixture
def woken():
    return []


@pytest.fixture
async def receiver(woken):
    listening = WebhookReceiver(woken.append)
    listening.url = await listening.start()
    yield listening
    await listening.close()


async def post(session, url, data):
    async with session.post(
        url, data=io.BytesIO(data.encode() if isinstance(data, str) else data)
    ) as response:
        return response.status


async def test_a_call_wakes_its_request(session, receiver, woken):
    assert await post(session, receiver.url, json.dumps(CALL)) == 200
    assert woken == [CALL["request"]]


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b'{"id": "x"}', b"\xff\xfe", b'"' + b"x" * MAX_BODY + b'"']
)
async def test_what_is_no_call_wakes_nobody_but_is_taken(session, receiver, woken, data):
    assert await post(session, receiver.url, data) == 200
    assert woken == []


@pytest.mark.parametrize("path", ["/", "/horde/", "/horde/guess", "/horde/gu%C3%A9ss", "/x"])
async def test_without_the_token_there_is_nothing_here(session, receiver, woken, path):
    origin = receiver.url.removesuffix(receiver.path)

    assert await post(session, origin + path, json.dumps(CALL)) == 404
    assert woken == []


async def test_only_post_is_known(session, receiver):
    async with session.get(receiver.url) as response:
        assert response.status == 404


async def test_each_receiver_has_a_token_of_its_own():
    paths = {WebhookReceiver(print).path for _ in range(50)}

    assert len(paths) == 50
    assert min(len(path) for path in paths) > 40


async def test_the_route_can_live_in_another_application(aiohttp_port_of, session, woken):
    receiver = WebhookReceiver(woken.append, token="t")
    port = await aiohttp_port_of(receiver.routes())

    assert await post(session, f"http://127.0.0.1:{port}/horde/t", json.dumps(CALL)) == 200
    assert woken == [CALL["request"]]


async def test_a_taken_port_is_a_sentence(receiver):
    port = int(receiver.url.split(":")[2].split("/")[0])

    with pytest.raises(StartupError, match=rf"Port {port}.*horde\.endpoints\.listen"):
        await WebhookReceiver(print).start(port=port)


async def test_from_the_hordes_call_to_the_picture(client_of, hand_clock):
    async with FakeHorde(seconds=None) as horde:
        horde.waits = [3600]
        client = client_of(horde)
        poller = Poller(client, monotonic=hand_clock, sleep=hand_clock.sleep)
        receiver = WebhookReceiver(poller.wake)
        url = await receiver.start()
        try:
            submitted = await client.submit(body(n=2).model_copy(update={"webhook": url}))
            async with running(poller):
                looks = []
                watching = poller.watch(submitted.id, looks.append)
                await hand_clock.asleep()
                hand_clock.advance(1)
                await wait_until(lambda: looks)
                hand_clock.advance(1)
                horde.finish(submitted.id)
                status = await asyncio.wait_for(watching, 30)
        finally:
            await receiver.close()

    assert len(status.generations) == 2
    assert [call.status for call in horde.journal.of("webhook")] == [200, 200]
    assert hand_clock.now == 2


@pytest.fixture
async def aiohttp_port_of():
    runners = []

    async def serve(routes):
        application = web.Application()
        application.add_routes(routes)
        runner = web.AppRunner(application)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return runner.addresses[0][1]

    yield serve
    for runner in runners:
        await runner.cleanup()
