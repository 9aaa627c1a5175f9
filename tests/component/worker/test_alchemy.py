"""The alchemist on a real hub: what it is asked, what it keeps to itself, how it fails."""

from __future__ import annotations

import asyncio
import base64
import sys
from io import BytesIO

import aiohttp
import pytest
from PIL import Image
from pydantic import SecretStr

from common import pictures
from common.config import HubConfig, WorkerConfig
from common.errors import WorkerError
from common.horde.client import HordeClient
from common.horde.wire_alchemy import alchemy_body
from hub.server import start
from tests.component.worker.alchemist import (
    CRAFTS,
    UPSCALER,
    Doubles,
    Says,
    Waits,
    alchemist,
    picture,
)
from tests.component.worker.conftest import QUICK
from tests.waiting import wait_until
from worker import events
from worker.alchemy.asking import MOST_TILES, Pace
from worker.alchemy.inspection import inspect
from worker.order import Verdict
from worker.owner.rota import Rota
from worker.process import run

BOT_KEY, HOST_KEY = "bot-key-for-tests", "host-key-for-tests"
PROGRAM = """
import json, struct, sys
while (head := sys.stdin.buffer.read(4)):
    sys.stdin.buffer.read(struct.unpack("<I", head)[0])
    print(json.dumps({"nsfw": 0.01}), flush=True)
"""


@pytest.fixture
async def hub(tmp_path):
    config = HubConfig.model_validate(
        {
            "port": 0,
            "users": [{"name": "bot", "key": BOT_KEY}, {"name": "host", "key": HOST_KEY}],
        }
    )
    running = await start(config, tmp_path)
    yield running
    await running.close()


@pytest.fixture
async def bot(hub):
    async with aiohttp.ClientSession() as session:
        yield HordeClient(hub.url, SecretStr(BOT_KEY), session, name="hub")


async def ask(bot, *forms, image=None):
    """Have alchemy done and wait for it."""
    data = BytesIO()
    (image or picture()).save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    return await over(bot, await bot.submit_alchemy(alchemy_body(forms, source)))


async def over(bot, submitted):
    """Wait for alchemy that was asked for."""

    async def ended():
        return status if (status := await bot.alchemy_status(submitted.id)).over else None

    return await wait_until(ended)


async def test_pictures_are_described_judged_and_enlarged(hub, bot):
    told = []
    async with alchemist((hub.url, HOST_KEY), report=told.append):
        status = await ask(bot, "caption", "interrogation", "nsfw", UPSCALER)
    assert status.state == "done"
    assert status.value("caption") == "a fox in the snow"
    assert status.value("interrogation")["tags"][0]["text"] == "fox"
    assert status.value("nsfw") is False
    data = await bot.download(status.value(UPSCALER), limit_bytes=1_000_000)
    assert Image.open(BytesIO(data)).size == (128, 128)
    assert [event for event in told if isinstance(event, events.Failed)] == []
    assert len([event for event in told if isinstance(event, events.Notice)]) == 4


async def test_what_is_only_enlarged_looks_like_a_request_for_a_picture(hub, bot):
    data = BytesIO()
    picture().save(data, "PNG")
    body = alchemy_body([UPSCALER], base64.b64encode(data.getvalue()).decode())
    waiting = await bot.submit_enlarging(body, 3)
    assert not (await bot.check(waiting)).is_possible
    async with alchemist((hub.url, HOST_KEY)):
        async with asyncio.timeout(30):
            while not (await bot.check(waiting)).done:
                await asyncio.sleep(0.02)
    status = await bot.status(waiting)
    made = await bot.download(status.generations[0].img, limit_bytes=1_000_000)
    assert Image.open(BytesIO(made)).size == (128, 128)
    assert status.kudos == 3
    given_up = await bot.submit_enlarging(body, 3)
    assert (await bot.cancel(given_up)).faulted


async def test_an_enlarged_picture_keeps_its_recipe(hub, bot):
    made = pictures.encode_webp(picture(), metadata=pictures.Metadata(parameters="a fox\nSteps: 8"))
    source = base64.b64encode(made).decode()
    async with alchemist((hub.url, HOST_KEY)):
        submitted = await bot.submit_alchemy(alchemy_body([UPSCALER], source))
        status = await over(bot, submitted)
    data = await bot.download(status.value(UPSCALER), limit_bytes=1_000_000)
    assert pictures.read_parameters(data) == "a fox\nSteps: 8"


async def test_pictures_for_adults_are_told_of_and_only_worked_upon_where_that_is_allowed(hub, bot):
    async with alchemist((hub.url, HOST_KEY)):
        kept = await ask(bot, "nsfw", "caption", UPSCALER, image=picture("red"))
    states = {form.form: form.state for form in kept.forms}
    assert kept.value("nsfw") is True
    assert states == {"nsfw": "done", "caption": "done", UPSCALER: "faulted"}
    async with alchemist((hub.url, HOST_KEY), nsfw=True):
        given = await ask(bot, UPSCALER, image=picture("red"))
    assert given.state == "done"


@pytest.mark.parametrize(
    "crafts",
    [
        {"caption": Says("a naked little girl")},
        {"caption": Says("a portrait"), "interrogation": Says({"tags": [{"text": "child"}]})},
    ],
)
async def test_of_a_picture_that_may_show_a_minor_nothing_is_told_and_nothing_made(
    hub, bot, crafts
):
    doubtful = picture((90, 40, 40))
    told = []
    wanted = ("nsfw", UPSCALER, *crafts)
    both = {**crafts, UPSCALER: Doubles()}
    async with alchemist((hub.url, HOST_KEY), crafts=both, nsfw=True, report=told.append):
        status = await ask(bot, *wanted, image=doubtful)
        harmless = await ask(bot, "caption", image=picture("blue"))
    assert {form.state for form in status.forms} == {"faulted"}
    assert all(form.value is None for form in status.forms)
    assert not any("girl" in event.reason for event in told if isinstance(event, events.Failed))
    assert harmless.state == "done"


async def test_what_fails_is_told_at_once_and_the_next_is_done(hub, bot):
    crafts = {**CRAFTS, "interrogation": Says(WorkerError("worker.engine_hung"))}
    told = []
    async with alchemist((hub.url, HOST_KEY), crafts=crafts, report=told.append):
        status = await ask(bot, "interrogation", "caption")
    assert {form.form: form.state for form in status.forms} == {
        "interrogation": "faulted",
        "caption": "done",
    }
    assert len([event for event in told if isinstance(event, events.Failed)]) == 3
    assert any(isinstance(event, events.Waiting) for event in told)  # three in a row


async def test_a_library_that_fails_ends_one_form_only(hub, bot):
    crafts = {**CRAFTS, "interrogation": Says(ZeroDivisionError("x"))}
    async with alchemist((hub.url, HOST_KEY), crafts=crafts):
        assert (await ask(bot, "interrogation")).state == "faulted"
        assert (await ask(bot, "caption")).state == "done"


async def test_stopping_ends_the_running_form_and_gives_it_back(hub, bot):
    waits = Waits()
    data = BytesIO()
    picture().save(data, "PNG")
    source = base64.b64encode(data.getvalue()).decode()
    async with alchemist((hub.url, HOST_KEY), crafts={"caption": waits}):
        submitted = await bot.submit_alchemy(alchemy_body(["caption"], source))
        await asyncio.wait_for(waits.begun.wait(), 30)
    assert (await bot.alchemy_status(submitted.id)).state == "waiting"


async def test_a_wrong_key_ends_it_with_a_sentence(hub):
    with pytest.raises(WorkerError, match=r"worker\.key"):
        async with alchemist((hub.url, "nobody's key")) as running:
            await asyncio.wait({running}, timeout=30)


@pytest.fixture
async def second(tmp_path):
    config = HubConfig.model_validate({"port": 0, "users": [{"name": "host", "key": HOST_KEY}]})
    running = await start(config, tmp_path / "second")
    yield running
    await running.close()


async def test_every_horde_is_asked_and_one_that_wants_nobody_is_left_out(hub, bot, second):
    told = []
    homes = [(second.url, "nobody's key"), (second.url, HOST_KEY), (hub.url, HOST_KEY)]
    async with alchemist(*homes, report=told.append):
        assert (await ask(bot, "caption")).state == "done"
        names = [each["name"] for each in await _workers(second)]
    assert names == ["fox alchemist"]
    [left_out] = [event for event in told if isinstance(event, events.Waiting)]
    assert second.url in left_out.reason


async def test_it_rests_and_gives_its_memory_back_while_another_program_has_the_card(hub, bot):
    looks, found = [], ["game"]

    def neighbour(names):
        looks.append(names)
        return found[0]

    rota = Rota("always", ("any",), QUICK, neighbour=neighbour)
    async with alchemist((hub.url, HOST_KEY), rota=rota):
        asked = asyncio.create_task(ask(bot, "caption"))
        await wait_until(lambda: len(looks) >= 5)
        assert await _workers(hub) == []  # nobody has asked for a form
        found[0] = None
        assert (await asked).state == "done"


async def test_it_runs_beside_the_worker(hub, bot, tmp_path):
    program = tmp_path / "look.py"
    program.write_text(PROGRAM)
    config = WorkerConfig(
        name="demo worker",
        url=hub.url,
        key=SecretStr(HOST_KEY),
        alchemy=True,
        safety=f"command:{sys.executable} {program}",
        models=tmp_path / "models",
    )
    stop, told = asyncio.Event(), []
    running = asyncio.create_task(run(config, stop=stop, report=told.append))
    try:
        status = await ask(bot, "nsfw")
        both = {"demo worker", "demo worker alchemist"}
        async with asyncio.timeout(30):
            while {each["name"] for each in await _workers(hub)} != both:
                await asyncio.sleep(0.02)
    finally:
        stop.set()
        await asyncio.wait_for(running, 30)
    assert status.value("nsfw") is False


async def _workers(hub):
    async with aiohttp.ClientSession() as session, session.get(f"{hub.url}/v2/workers") as answer:
        return await answer.json()


def test_without_a_doubt_nobody_is_asked_for_words():
    class Blue:
        def nudity(self, image):
            return 0.01

    def ask(image):
        raise AssertionError

    assert inspect(picture(), Blue(), ask).verdict is Verdict.FINE


def test_larger_pictures_are_taken_as_far_as_they_are_done_in_time():
    pace = Pace(4)
    assert pace.most_tiles == 4
    pace.learn(4, 2.0)
    assert pace.most_tiles == MOST_TILES
    slow = Pace(4)
    slow.learn(1, 60.0)
    assert slow.most_tiles == 2
    slow.learn(1, 6000.0)
    assert slow.most_tiles == 1
