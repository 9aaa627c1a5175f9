"""Webhooks: one call per delivered picture, tried three times, never in anyone's way."""

import asyncio
import base64

import pytest
import stamina

from common.horde.wire import WebhookCall
from tests.component.hub.callers import request_body, webp
from tests.fakes import faults
from tests.fakes.server import Answering


class Ear(Answering):
    """Hears what webhooks tell."""

    def __init__(self):
        super().__init__()
        self.calls = asyncio.Queue()
        self.journal.on_exchange(lambda exchange: self.calls.put_nowait(exchange.body))

    @property
    def address(self):
        return f"{self.url}/hook/secret"

    async def next(self):
        return await asyncio.wait_for(self.calls.get(), 30)


@pytest.fixture
async def ear():
    async with Ear() as ear:
        yield ear


@pytest.fixture(autouse=True)
def no_waiting():
    with stamina.set_testing(True, attempts=3):
        yield


async def test_one_call_per_picture_after_it_is_recorded(room, ear):
    request = await room.bot.ask(params={"n": 2}, webhook=ear.address)
    job = await room.host.pop(amount=2)
    await room.host.deliver(job, seed=77, gen_metadata=[{"type": "lora", "value": "parse_failed"}])
    bodies = [await ear.next() for _ in range(2)]
    assert {body["id"] for body in bodies} == set(job["ids"])
    for body in bodies:
        call = WebhookCall.model_validate(body)
        assert call.request == request
        assert body["seed"] == 77
        assert call.kudos > 0
        assert (call.worker_name, call.model, call.censored) == (
            "worker one",
            "stable_diffusion",
            False,
        )
        assert body["gen_metadata"] == [{"type": "lora", "value": "parse_failed"}]
        assert (await room.nobody.get(call.img)).body == webp()
    status = await room.bot.status(request)
    assert status["done"]


async def test_the_picture_itself_without_r2(room, ear):
    await room.bot.ask(webhook=ear.address, r2=False)
    job = await room.host.pop()
    await room.host.submit(job["id"], generation=base64.b64encode(webp()).decode())
    assert base64.b64decode((await ear.next())["img"]) == webp()


async def test_a_failing_ear_is_called_three_times(room, ear):
    ear.fail("all", faults.answer(500, ""), 4)
    await room.bot.ask(webhook=ear.address)
    await room.host.deliver(await room.host.pop())
    calls = [await ear.next() for _ in range(3)]
    assert calls[0] == calls[1] == calls[2]
    # the next picture is announced all the same, and the fourth try never came
    await room.bot.ask(webhook=ear.address)
    job = await room.host.pop()
    await room.host.deliver(job)
    assert (await ear.next())["id"] == job["id"]


async def test_nobody_listens(room, ear):
    request = await room.bot.ask(webhook="http://127.0.0.1:9/nobody")
    await room.host.deliver(await room.host.pop())
    assert (await room.bot.check(request))["done"]
    await room.bot.ask(webhook=ear.address)
    await room.host.deliver(await room.host.pop())
    assert await ear.next()


async def test_no_call_for_a_fault(room, ear):
    await room.bot.ask(webhook=ear.address)
    job = await room.host.pop()
    await room.host.submit(job["id"], state="faulted")
    again = await room.host.pop()
    await room.host.deliver(again)
    assert (await ear.next())["id"] == again["id"]
    assert ear.calls.empty()


async def test_https_anywhere_http_only_here(room):
    for address, status in (
        ("https://bots.example.org/hook", 202),
        ("http://127.0.0.1:8765/hook", 202),
        ("http://localhost:8765/hook", 202),
        ("http://[::1]:8765/hook", 202),
        ("http://127.0.0.1.example.org/hook", 400),
        ("http://10.0.0.1/hook", 400),
    ):
        answer = await room.bot.post("/generate/async", request_body(webhook=address))
        assert answer.status == status, address
